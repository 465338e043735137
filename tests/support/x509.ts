/** An independent reading of a certificate's key: Node's own parser instead of ours. */
import { X509Certificate } from 'node:crypto';
import { encodePoint } from '../../core/crypto/p521.ts';

/** The 160-byte public key of a host-key document, by Node's X.509 parser. */
export const hostKeyOf = (certificate: Uint8Array): Uint8Array => {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return encodePoint(new Uint8Array(spki.subarray(-133)), 'test host key');
};
