/** All mutations. */
import { bytes } from './bytes.ts';
import { chain } from './chain.ts';
import { crls } from './crls.ts';
import type { Mutation } from './make.ts';
import { names } from './names.ts';
import { times } from './times.ts';

export const MUTATIONS: readonly Mutation[] = [...times, ...crls, ...chain, ...names, ...bytes];
