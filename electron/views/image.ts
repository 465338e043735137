/** The image. */
import { hex } from '../../core/bytes.ts';
import type { Finding } from '../../core/findings.ts';
import { PLAINTEXT_FLAGS } from '../../core/image/flags.ts';
import { isGeneric } from '../../core/image/header.ts';
import { fact } from '../../words/language.ts';
import type { ProjectView } from '../contract.ts';
import type { State } from '../state.ts';
import { findingView } from './finding.ts';

/** What the header says, and which of the chosen host keys can open the image. */
export const imageView = ({ derived: d }: State): ProjectView['image'] => {
  if (d.image === undefined) return null;
  const { header } = d.image.found;
  const chosen = d.hostKeys.map((k) => hex(k.document.phkh));
  const findings: Finding[] = isGeneric(header)
    ? []
    : [{ rule: 'B17', severity: 'warning', subject: 'SE header', found: 'component encryption on', expected: 'a generic image' }];
  return {
    file: d.image.file,
    whole: d.image.whole,
    generic: isGeneric(header),
    tag: hex(header.image.tag),
    pld: hex(header.image.pld),
    ald: hex(header.image.ald),
    tld: hex(header.image.tld),
    pages: Number(header.pages),
    flags: PLAINTEXT_FLAGS.map((f) => ({ name: f.name, doc: fact(f.doc), set: header.flagNames.includes(f.name) })),
    hostKeys: header.hostKeyHashes.map((h) => ({ phkh: hex(h), chosen: chosen.includes(hex(h)) })),
    findings: findings.map(findingView),
  };
};
