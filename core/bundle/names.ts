/** File names inside a bundle. Source: spec page "bundle", section 2. */
import { fail } from '../errors.ts';

export const TOC_ASR = 'toc.asr';
export const TOC_POL = 'toc.pol';
export const MANIFEST_ASR = 'manifest.asr';
export const MANIFEST_POL = 'manifest.pol';
export const CCK_ASR = 'cck.asr';
/** In sics/, in a directory of its own: pvebc does not look there. */
export const ATTEST_REQUEST = 'attest/request.bin';

/** Where the guest-side kit writes its report. */
export const REPORT_PATH = '/var/lib/sel/retrieval-report.json';

/** File name of the request of a secret, whatever its name is: for showing. */
export const plannedFile = (name: string, purpose?: string): string => (purpose === 'cck' ? CCK_ASR : `${name}.asr`);

/** File name of the request of a secret. @throws bad-name */
export const requestFile = (name: string, purpose?: string): string => {
  const reserved = ['toc', 'manifest', 'cck'].includes(name.toLowerCase());
  if (purpose !== 'cck' && (reserved || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)))
    fail('bad-name', 'secret name', name.slice(0, 80), 'letters, digits, - and _, at most 64; not toc, manifest or cck');
  return plannedFile(name, purpose);
};
