/** Name and version of the program, as bundles and screens show it. */
// by name, so that only the version gets into the built program
import { version } from '../package.json';

export const VERSION: string = version;
export const PROGRAM = `selwright ${VERSION}`;
