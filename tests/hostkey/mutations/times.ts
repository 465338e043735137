/** Certificates at the wrong time, and times that are none. */
import { type Der, text, tlv } from '../der-writer.ts';
import { AT, inDays, LEVELS } from '../forge.ts';
import { DEPTH, invalid, type Mutation, spoil } from './make.ts';

const SECOND = 1000;
const soon = new Date(AT.getTime() + SECOND);

const atLevels: Mutation[] = LEVELS.flatMap((l) => [
  spoil(`${l}: expired`, invalid(10, DEPTH[l]), (p) => (p[l].notAfter = inDays(-1))),
  spoil(`${l}: ends at this very second`, invalid(10, DEPTH[l]), (p) => (p[l].notAfter = AT)),
  spoil(`${l}: ends a second later`, 'trusted', (p) => (p[l].notAfter = soon)),
  spoil(`${l}: not valid yet`, invalid(9, DEPTH[l]), (p) => (p[l].notBefore = inDays(1))),
  spoil(`${l}: begins a second later`, invalid(9, DEPTH[l]), (p) => (p[l].notBefore = soon)),
  spoil(`${l}: begins at this very second`, 'trusted', (p) => (p[l].notBefore = AT)),
  spoil(`${l}: ends before it begins`, invalid(10, DEPTH[l]), (p) => {
    p[l].notBefore = inDays(-5);
    p[l].notAfter = inDays(-6);
  }),
  spoil(`${l}: ends after 2050`, 'trusted', (p) => (p[l].notAfter = new Date('2388-12-23T14:52:38Z'))),
]);

const ofHost: Mutation[] = [
  spoil('host key: expired', 'AfterValidity', (p) => (p.host.notAfter = inDays(-1))),
  spoil('host key: ends at this very second', 'AfterValidity', (p) => (p.host.notAfter = AT)),
  spoil('host key: ends a second later', 'trusted', (p) => (p.host.notAfter = soon)),
  spoil('host key: not valid yet', 'BeforeValidity', (p) => (p.host.notBefore = inDays(1))),
  spoil('host key: begins a second later', 'BeforeValidity', (p) => (p.host.notBefore = soon)),
  spoil('host key: begins at this very second', 'trusted', (p) => (p.host.notBefore = AT)),
];

/** What it is, the element, and what OpenSSL says when the signing key ends then. */
const UNUSUAL: readonly (readonly [string, Der, string])[] = [
  ['without seconds', tlv(0x17, text('4911240500Z')), '14@0'],
  ['with an offset', tlv(0x17, text('491124050000+0100')), '14@0'],
  ['with fractions', tlv(0x18, text('20491124050000.5Z')), '14@0'],
  ['in local time', tlv(0x18, text('20491124050000')), '14@0'],
  ['on February 30th', tlv(0x17, text('490230050000Z')), '14@0'],
  ['at 25 o clock', tlv(0x17, text('491124250000Z')), '14@0'],
  ['of letters', tlv(0x17, text('4911240500aaZ')), '14@0'],
  ['as a text', tlv(0x0c, text('491124050000Z')), 'unreadable'],
];

const unusual: Mutation[] = UNUSUAL.flatMap(([what, t, openssl]) => [
  spoil(`signing: end ${what}`, 'NoIbmSignKey', (p) => (p.signing.notAfter = t), { openssl }),
  spoil(
    `host key: end ${what}`,
    `unreadable ${what === 'as a text' ? 'bad-encoding' : 'bad-value'}`,
    (p) => (p.host.notAfter = t),
  ),
]);

export const times: Mutation[] = [...atLevels, ...ofHost, ...unusual];
