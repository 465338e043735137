/** Host keys, and what verifies them. */
import { hex } from '../../core/bytes.ts';
import { fingerprint as certificateHash } from '../../core/hostkey/certificate.ts';
import { shortName } from '../../core/hostkey/checks.ts';
import { nameText } from '../../core/hostkey/name.ts';
import type { ProjectHostKey } from '../../core/project/hostkeys.ts';
import { systemRoots } from '../../edge/roots.ts';
import { explain } from '../../words/errors.ts';
import { CHECK_WORDS, hostKeyErrorSays, PIECES } from '../../words/hostkey.ts';
import { dayText, fact, t } from '../../words/language.ts';
import { modelSays } from '../../words/machines.ts';
import type { HostKeyView, ProjectView } from '../contract.ts';
import type { State } from '../state.ts';

const day = (d: Date): string => d.toISOString().slice(0, 10);

/** A host key, its state, and every check that was made. */
export const hostKeyView = ({ derived: d }: State, k: ProjectHostKey): HostKeyView => {
  const v = k.verdict;
  const chain = d.pieces.some((x) => x.kind === 'signing-key' || x.kind === 'intermediate' || x.kind === 'root');
  const phkh = hex(k.document.phkh);
  return {
    phkh,
    serial: k.document.serial,
    subject: shortName(k.document.certificate),
    model: modelSays(k.document.subject, k.file),
    file: k.file,
    notBefore: day(k.document.notBefore),
    notAfter: day(k.document.notAfter),
    state: v.trusted ? 'verified' : k.accepted ? 'accepted' : chain ? 'refused' : 'not-verified',
    holdsUntil: v.holdsUntil ? day(v.holdsUntil) : null,
    reason: v.error ? hostKeyErrorSays(v.error) : null,
    endingSoon: v.endingSoon.map((e) => `${fact(e.subject)}, ${dayText(day(e.until))}`),
    checks: v.checks.map((c) => ({
      about: t(CHECK_WORDS[c.id]),
      subject: fact(c.subject),
      outcome: c.outcome,
      expected: fact(c.expected),
      found: fact(c.found),
    })),
    inImage: d.image ? d.image.found.header.hostKeyHashes.some((h) => hex(h) === phkh) : null,
  };
};

/** Certificates and CRLs, and the files that could not be used. */
export const pieceViews = (s: State): ProjectView['pieces'] =>
  [...s.derived.pieces, ...s.notUsed].map((x) => ({
    file: x.file,
    kind: t(PIECES[x.kind]),
    name: x.certificate
      ? shortName(x.certificate)
      : x.crl
        ? shortName({ subject: x.crl.issuer })
        : x.error
          ? explain(x.error.code, { ...x.error.facts, file: undefined }).what
          : '',
    until: x.certificate ? day(x.certificate.notAfter) : x.crl?.nextUpdate ? day(x.crl.nextUpdate) : null,
    used: x.kind !== 'unknown' && x.kind !== 'certificate',
  }));

/** Root certificates, and who trusts them. */
export const rootViews = ({ derived, kept }: State): ProjectView['roots'] => {
  const system = systemRoots().flatMap((x) => (x.certificate ? [certificateHash(x.certificate)] : []));
  return derived.pieces.flatMap((x) => {
    if (x.kind !== 'root' || x.certificate === undefined) return [];
    const fingerprint = certificateHash(x.certificate);
    const trusted = system.includes(fingerprint) ? 'system' : kept.roots.some((r) => r.sha256 === fingerprint) ? 'you' : 'no';
    return [{ file: x.file, name: nameText(x.certificate.subject), fingerprint, trusted }];
  });
};
