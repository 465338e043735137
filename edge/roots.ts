/** The system's store of trusted roots, for host keys whose root was not given. */
import { SelError } from '../core/errors.ts';
import { FILE_MAX } from '../core/hostkey/pem.ts';
import { type Piece, sortFile } from '../core/hostkey/sort.ts';
import { exists, readFile } from './files.ts';

/** Debian and SUSE, Red Hat, older SUSE, Alpine and macOS. */
const STORES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];
let known: readonly Piece[] | undefined;

/** The certificates of a store. What is not read in it is passed over: no store and an unreadable one trust nobody. */
export const rootsIn = (store: string | undefined): Piece[] => {
  if (store === undefined) return [];
  try {
    return sortFile(store, readFile(store, 'system trust store', FILE_MAX)).filter((p) => p.certificate !== undefined);
  } catch (e) {
    if (e instanceof SelError) return [];
    throw e;
  }
};

/** The system's certificates, read once. */
export const systemRoots = (): Piece[] => {
  known ??= rootsIn(STORES.find(exists));
  return [...known];
};
