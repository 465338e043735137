import type { BuildOptions } from 'esbuild';

export declare const cliBuild: (outdir: string) => BuildOptions;
export declare const mainBuild: (outdir: string) => BuildOptions;
