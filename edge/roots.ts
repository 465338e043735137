/** The system's store of trusted roots, for host keys whose root was not given. */
import { FILE_MAX } from '../core/hostkey/pem.ts';
import { type Piece, sortFile } from '../core/hostkey/sort.ts';
import { exists, readFile } from './files.ts';

const STORES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/ca-bundle.pem'];
let known: Piece[] | undefined;

/** Its certificates, read once. What we do not read in it is passed over. */
export const systemRoots = (): Piece[] => {
  if (known === undefined) {
    const store = STORES.find(exists);
    known =
      store === undefined
        ? []
        : sortFile(store, readFile(store, 'system trust store', FILE_MAX)).filter((p) => p.certificate !== undefined);
  }
  return known;
};
