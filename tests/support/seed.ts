/**
 * Property tests draw the same values in every run of a commit, so that what CI says can be said again; `npm run fuzz` draws new
 * ones, with the seed in its output. SELWRIGHT_SEED sets it.
 */
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env.SELWRIGHT_SEED ?? 20261124) });
