/** Types of `sidecar-bundle.mjs`, which plain Node runs for the build. */
export const SIDECAR_MODULE: string;
export function sidecarText(): Promise<string>;
