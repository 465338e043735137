/** Name and version of the program, as bundles and screens show it. */
import manifest from '../package.json' with { type: 'json' };

export const VERSION: string = manifest.version;
export const PROGRAM = `selwright ${VERSION}`;
