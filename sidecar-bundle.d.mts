/** Types of `sidecar-bundle.mjs`, which plain Node runs for the build. */
import type { BuildResult, Plugin } from 'esbuild';
export const SIDECAR_MODULE: string;
export const PLUGIN_MODULE: string;
export function packedSidecar(): Promise<string>;
export function limitPluginText(): Promise<string>;
export function sidecarBuild(): Promise<BuildResult<{ write: false; metafile: true }>>;
export const sidecarAsText: Plugin;

/** What begins a bare key of JSON5, and what goes on in it: classes of a regular expression. */
export declare const LETTERS: { start: string; part: string };
