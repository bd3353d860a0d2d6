/** The page that hosts show beside results, as a bundler makes it. */
import type { Metafile } from 'esbuild';

export function viewBuild(): Promise<{ html: string; metafile: Metafile }>;
