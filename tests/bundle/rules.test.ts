/** Every rule of the bundle check, broken by the smallest change that breaks it, and what it says. Source: spec page "bundle", section 6. */
import { describe, expect, it } from 'vitest';
import { type BundleEntry, type CheckInput, checkBundle } from '../../core/bundle/check.ts';
import { type Expected, writeExpected } from '../../core/bundle/expected.ts';
import { makeReference } from '../../core/bundle/reference.ts';
import { writeTocPol } from '../../core/bundle/tocpol.ts';
import { utf8 } from '../../core/bytes.ts';
import type { Finding } from '../../core/findings.ts';
import { findHeader } from '../../core/image/find.ts';
import { buildImage } from '../../core/image/image.ts';
import { readPolicy } from '../../core/policy/document.ts';
import { template, templateText } from '../../core/policy/templates.ts';
import { buildRequest, freshRequestKeys, type RequestInput } from '../../core/request/build.ts';
import { hashedId, makeSecret, type Secret } from '../../core/secret/secret.ts';
import { generateValue } from '../../core/secret/value.ts';
import { consequence, findingSays, RULES } from '../../words/rules.ts';
import { seededEnv } from '../support/env.ts';
import { entriesOf, fileOf, header, hosts, makeBundle, values, withFile } from '../support/tenant.ts';

const parsedHeader = findHeader(header).header;
const bundle = makeBundle();
const good = entriesOf(bundle);
const env = seededEnv('rules');
const file = (path: string, bytes: Uint8Array): BundleEntry => ({ path, kind: 'file', bytes });

/** A request of the set: for both hosts and this image unless told otherwise. */
const request = (more: Partial<RequestInput> = {}): Uint8Array =>
  buildRequest(
    {
      hostKeys: hosts.map((h) => h.keys.publicKey),
      image: parsedHeader.image,
      secret: makeSecret('meta', new Uint8Array(0), undefined, 'meta'),
      ...more,
    },
    freshRequestKeys(env),
  );
const plain = (name: string): Secret => makeSecret('plaintext', utf8('a value of this secret'), hashedId(name), name);
const reference = (name: string, content: Uint8Array) => ({ kind: 'unsigned' as const, bytes: makeReference(name, content) });

/** What says it is signed: the check reads what it says, the signature is nobody's business here. */
const signed = (bytes: Uint8Array): Uint8Array => {
  bytes[7] = 3;
  return bytes;
};

/** The reference of a name that our own writer refuses. */
const oddReference = (name: Uint8Array, content: Uint8Array) => {
  const bytes = makeReference('x', content);
  bytes.fill(0, 32);
  bytes.set(name, 32);
  return { kind: 'unsigned' as const, bytes };
};

/** The good bundle's files with other requests in the list: toc.pol and toc.asr are made new. No meta/: nothing to compare with. */
const relist = (change: (list: Map<string, Uint8Array>) => void, extra: BundleEntry[] = []): BundleEntry[] => {
  const list = new Map(bundle.expected.submission_order.slice(1).map((s) => [s.file, fileOf(good, `sics/${s.file}`)]));
  change(list);
  const tocPol = writeTocPol([...list.values()].map((b) => b.slice(-16)));
  return [
    ...[...list].map(([name, bytes]) => file(`sics/${name}`, bytes)),
    file('sics/manifest.pol', fileOf(good, 'sics/manifest.pol')),
    file('sics/toc.pol', tocPol),
    file('sics/toc.asr', request({ userData: reference('toc.pol', tocPol) })),
    ...extra,
  ];
};
const sics = good.filter((e) => e.path.startsWith('sics/'));
const tocPol = fileOf(good, 'sics/toc.pol');
const withToc = (toc: Uint8Array, more: BundleEntry[] = []): BundleEntry[] => [...withFile(sics, 'sics/toc.asr', toc), ...more];
/** Another list under toc.pol, and a toc.asr that refers to it. */
const withList = (list: Uint8Array): BundleEntry[] =>
  withFile(withToc(request({ userData: reference('toc.pol', list) })), 'sics/toc.pol', list);

const otherImage = (flags: Parameters<typeof buildImage>[0]['plaintextFlags']) =>
  findHeader(
    buildImage(
      {
        hostKeys: hosts.map((h) => h.keys.publicKey),
        components: [utf8('k')],
        plaintextFlags: flags,
        secretFlags: [],
        cck: new Uint8Array(32),
      },
      seededEnv('other image'),
    ).header,
  ).header;
/** The same image, as far as requests tell, with other flags. */
const withFlags = (...names: (typeof parsedHeader.flagNames)[number][]) => ({ ...parsedHeader, flagNames: names });

interface Case {
  readonly what: string;
  readonly input: Omit<CheckInput, 'entries'> & { entries: readonly BundleEntry[] };
  /** the rules that are broken, and what the first of them says */
  readonly broken: readonly string[];
  readonly says: RegExp;
}
const only = (entries: readonly BundleEntry[], more: Partial<CheckInput> = {}) => ({ entries, ...more });
const expecting = (change: Partial<Expected>): Partial<CheckInput> => ({ expected: { ...bundle.expected, ...change } });
const swap = (list: Map<string, Uint8Array>): void => {
  const all = [...list];
  list.clear();
  for (const [k, v] of [all[0], all[2], all[1], ...all.slice(3)] as [string, Uint8Array][]) list.set(k, v);
};

const CASES: Case[] = [
  { what: 'no toc.asr', input: only(withFile(sics, 'sics/toc.asr')), broken: ['B01'], says: /toc\.asr: found no such file/ },
  {
    what: 'toc.asr of 1047 bytes',
    input: only(withToc(fileOf(good, 'sics/toc.asr').slice(0, 1047))),
    broken: ['B01'],
    says: /toc\.asr: .*1047 bytes/,
  },
  { what: 'toc.asr with other magic', input: only(withToc(new Uint8Array(1500))), broken: ['B01'], says: /other first bytes/ },
  {
    what: 'toc.asr without user data',
    input: only(withToc(request())),
    broken: ['B01', 'B02'],
    says: /user data of kind none, expected unsigned/,
  },
  {
    what: 'a reference with a directory',
    input: only(withToc(request({ userData: oddReference(utf8('sics/toc.pol'), tocPol) }))),
    broken: ['B02'],
    says: /the name sics\/toc\.pol/,
  },
  {
    what: 'a reference upwards',
    input: only(withToc(request({ userData: oddReference(utf8('../toc.pol'), tocPol) }))),
    broken: ['B02'],
    says: /the name \.\.\/toc\.pol/,
  },
  {
    what: 'a reference with two dots',
    input: only(withToc(request({ userData: oddReference(utf8('a..b'), tocPol) }))),
    broken: ['B02'],
    says: /the name a\.\.b/,
  },
  {
    what: 'an absolute reference',
    input: only(withToc(request({ userData: oddReference(utf8('/boot/sics/toc.pol'), tocPol) }))),
    broken: ['B02'],
    says: /the name \/boot/,
  },
  {
    what: 'a name of 480 bytes',
    input: only(withToc(request({ userData: oddReference(new Uint8Array(480).fill(97), tocPol) }))),
    broken: ['B02'],
    says: /a name of 480 bytes/,
  },
  {
    what: 'a name that is not text',
    input: only(withToc(request({ userData: oddReference(new Uint8Array([0xff, 0xfe]), tocPol) }))),
    broken: ['B02'],
    says: /a name that is not UTF-8/,
  },
  {
    what: 'no name',
    input: only(withToc(request({ userData: oddReference(new Uint8Array(0), tocPol) }))),
    broken: ['B02'],
    says: /no name/,
  },
  {
    what: 'a list that is not there',
    input: only(withFile(sics, 'sics/toc.pol')),
    broken: ['B02', 'B04'],
    says: /toc\.pol: found no such file/,
  },
  {
    what: 'a list that the guest does not copy',
    input: only([...withToc(request({ userData: reference('toc.txt', tocPol) })), file('sics/toc.txt', tocPol)]),
    broken: ['B02', 'B04'],
    says: /toc\.txt: found a file that is not copied into the guest/,
  },
  {
    what: 'a list of another name, with toc.pol as a decoy',
    input: only([
      ...withToc(request({ userData: reference('list.pol', tocPol.slice(0, 33)) })),
      file('sics/list.pol', tocPol.slice(0, 33)),
    ]),
    broken: ['B02', 'B06', 'B15', 'B16'],
    says: /a list named list\.pol, expected toc\.pol/,
  },
  {
    what: 'toc.pol changed',
    input: only(withFile(sics, 'sics/toc.pol', tocPol.slice(0, -33))),
    broken: ['B03', 'B06'],
    says: /toc\.pol: found [0-9a-f]{64}, expected [0-9a-f]{64}/,
  },
  {
    what: 'CRLF',
    input: only(withList(utf8(new TextDecoder().decode(tocPol).replaceAll('\n', '\r\n')))),
    broken: ['B04'],
    says: /line 1: found 33 characters/,
  },
  {
    what: 'a blank line',
    input: only(withList(utf8(`\n${new TextDecoder().decode(tocPol)}`))),
    broken: ['B04'],
    says: /line 1: found 0 characters/,
  },
  {
    what: 'upper case',
    input: only(withList(utf8(new TextDecoder().decode(tocPol).toUpperCase()))),
    broken: ['B04'],
    says: /32 lower-case hex digits/,
  },
  {
    what: 'a space behind a tag',
    input: only(withList(utf8(new TextDecoder().decode(tocPol).replace('\n', ' \n')))),
    broken: ['B04'],
    says: /line 1/,
  },
  {
    what: 'no line feed at the end',
    input: only(withList(tocPol.slice(0, -1))),
    broken: ['B04'],
    says: /no line feed at the end/,
  },
  {
    what: 'an empty list',
    input: only(withList(new Uint8Array(0))),
    broken: ['B04'],
    says: /0 bytes, expected at least one tag/,
  },
  {
    what: 'a tag twice',
    input: only(withList(new Uint8Array([...tocPol, ...tocPol.slice(0, 33)]))),
    broken: ['B04'],
    says: /line 6: found a tag that stands there already/,
  },
  {
    what: 'a request missing',
    input: only(withFile(sics, 'sics/cck.asr')),
    broken: ['B05'],
    says: /line 2 of toc\.pol: found no file with the tag/,
  },
  {
    what: 'a request missing, with the expectation',
    input: only(withFile(sics, 'sics/cck.asr'), expecting({})),
    broken: ['B05'],
    says: /cck\.asr: found no file/,
  },
  {
    what: 'a request twice',
    input: only([...sics, file('sics/again.asr', fileOf(good, 'sics/cck.asr'))]),
    broken: ['B05', 'B06'],
    says: /found cck\.asr, again\.asr, expected one file/,
  },
  {
    what: 'a stranger request',
    input: only([...sics, file('sics/stranger.asr', request())]),
    broken: ['B06'],
    says: /stranger\.asr: found not in toc\.pol/,
  },
  {
    what: 'a stranger of 15 bytes',
    input: only([...sics, file('sics/short.asr', new Uint8Array(15))]),
    broken: ['B06'],
    says: /short\.asr: found 15 bytes, too few for a tag/,
  },
  {
    what: 'a byte behind a request',
    input: only(relist((l) => l.set('cck.asr', new Uint8Array([...(l.get('cck.asr') as Uint8Array), 0])))),
    broken: ['B07'],
    says: /cck\.asr: found bytes behind the request/,
  },
  {
    what: 'a signed request',
    input: only(
      relist((l) =>
        l.set('x.asr', signed(request({ secret: plain('x'), userData: { kind: 'unsigned', bytes: utf8('hello') } }))),
      ),
    ),
    broken: ['B08'],
    says: /x\.asr: found user data of kind signed-rsa-2048/,
  },
  {
    what: 'free text as user data',
    input: only(
      relist((l) =>
        l.set('x.asr', request({ secret: plain('x'), userData: { kind: 'unsigned', bytes: new Uint8Array(300).fill(0xee) } })),
      ),
    ),
    broken: ['B08'],
    says: /x\.asr: found a name that is not UTF-8/,
  },
  {
    what: 'a referenced policy that is not there',
    input: only(relist((l) => l.set('x.asr', request({ secret: plain('x'), userData: reference('x.pol', utf8('x')) })))),
    broken: ['B09'],
    says: /x\.asr: found x\.pol: no such file/,
  },
  {
    what: 'a referenced policy that was changed',
    input: only(
      relist(
        (l) => l.set('x.asr', request({ secret: plain('x'), userData: reference('x.pol', utf8('x')) })),
        [file('sics/x.pol', utf8('y'))],
      ),
    ),
    broken: ['B09'],
    says: /x\.pol: found [0-9a-f]{64}/,
  },
  {
    what: 'a request for another image',
    input: only(
      relist((l) =>
        l.set('x.asr', request({ secret: plain('x'), image: { ...parsedHeader.image, tag: new Uint8Array(16).fill(9) } })),
      ),
    ),
    broken: ['B10'],
    says: /x\.asr: found (09){16}/,
  },
  {
    what: 'another component digest under the same tag',
    input: only(
      relist((l) => l.set('x.asr', request({ secret: plain('x'), image: { ...parsedHeader.image, pld: new Uint8Array(64) } }))),
    ),
    broken: ['B10'],
    says: /x\.asr/,
  },
  {
    what: 'a header of another image',
    input: only(sics, { header: otherImage(['no-component-encryption']) }),
    broken: ['B10'],
    says: /toc\.asr: found [0-9a-f]{32}/,
  },
  {
    what: 'an expectation of another image',
    input: only(good, expecting({ image: { ...bundle.expected.image, ald: '0'.repeat(128) } })),
    broken: ['B10'],
    says: /as your expectation says/,
  },
  {
    what: 'a request for one host of two',
    input: only(relist((l) => l.set('x.asr', request({ secret: plain('x'), hostKeys: [hosts[0].keys.publicKey] })))),
    broken: ['B11'],
    says: /x\.asr: found 1 host keys: [0-9a-f]{16}\.\.\., expected 2/,
  },
  {
    what: 'a host that was not chosen',
    input: only(good, expecting({ host_keys: bundle.expected.host_keys.slice(1) })),
    broken: ['B11', 'B11', 'B11', 'B11', 'B11', 'B11'],
    says: /toc\.asr: found 2 host keys/,
  },
  {
    what: 'a host key not verified',
    input: only(good, expecting({ host_keys: bundle.expected.host_keys.map((k) => ({ ...k, verified: false })) })),
    broken: ['B11', 'B11'],
    says: /used without verification/,
  },
  {
    what: 'a host key that expired since',
    input: only(good, { now: new Date('2029-01-01T00:00:00Z') }),
    broken: ['B11', 'B11'],
    says: /expired 2028-01-01T00:00:00Z/,
  },
  {
    what: 'no extension secret',
    input: only(good, expecting({ extension_secret: 'none' })),
    broken: ['B12'],
    says: /extension secret: found none, expected random/,
  },
  {
    what: 'a configuration UID',
    input: only(relist((l) => l.set('x.asr', request({ secret: plain('x'), cuid: new Uint8Array(16).fill(7) })))),
    broken: ['B13'],
    says: /x\.asr: found (07){16}/,
  },
  {
    what: 'an id twice',
    input: only(relist((l) => l.set('x.asr', request({ secret: plain('luks-rfs-passphrase') })))),
    broken: ['B14'],
    says: /x\.asr: found the id of luks-rfs-passphrase\.asr/,
  },
  {
    what: 'no passphrase',
    input: only(relist((l) => l.delete('luks-rfs-passphrase.asr'))),
    broken: ['B15'],
    says: /luks-rfs-passphrase: found no request with this id/,
  },
  {
    what: 'a passphrase of another type',
    input: only(
      relist((l) =>
        l.set(
          'luks-rfs-passphrase.asr',
          request({ secret: makeSecret('association', new Uint8Array(32), hashedId('luks-rfs-passphrase'), 'x') }),
        ),
      ),
    ),
    broken: ['B15'],
    says: /found association, expected plaintext/,
  },
  {
    what: 'no volume key',
    input: only(relist((l) => l.delete('rfs-luks-key.asr'))),
    broken: ['B16'],
    says: /no aes-xts request/,
  },
  {
    what: 'a volume key of another name than the manifest says',
    input: only(
      relist((l) =>
        l.set('rfs-luks-key.asr', request({ secret: makeSecret('aes-xts-256', new Uint8Array(64), hashedId('other'), 'x') })),
      ),
    ),
    broken: ['B16'],
    says: /rfs-luks-key: found no aes-xts request with this id/,
  },
  {
    what: 'an image that is not generic',
    input: only(good, { header: withFlags('dump-allowed') }),
    broken: ['B17'],
    says: /component encryption on/,
  },
  {
    what: 'a dump flag against the policy',
    input: only(
      entriesOf(
        makeBundle('dump', {
          policy: {
            ...template('ebc-minimal'),
            image: { 'header-tags': [], require: { 'image-encryption': 'disabled', dump: 'forbidden' } },
          },
        }),
      ),
      { header: parsedHeader },
    ),
    broken: ['B17'],
    says: /dump allowed, expected dump forbidden, as the policy says/,
  },
  {
    what: 'dumps without a CCK',
    input: only(
      relist((l) => l.delete('cck.asr')),
      { header: parsedHeader },
    ),
    broken: ['B18'],
    says: /update-cck: found no such request/,
  },
  {
    what: 'a symbolic link',
    input: only([...sics, { path: 'sics/link.pol', kind: 'symlink' }]),
    broken: ['B19'],
    says: /link\.pol: found a symbolic link/,
  },
  { what: 'a pipe', input: only([...sics, { path: 'sics/pipe', kind: 'other' }]), broken: ['B19'], says: /not a regular file/ },
  {
    what: 'a directory named like a request',
    input: only([...sics, { path: 'sics/d.asr', kind: 'directory' }]),
    broken: ['B19'],
    says: /d\.asr: found a directory/,
  },
  {
    what: 'an ending in capitals',
    input: only([...sics, file('sics/x.ASR', request())]),
    broken: ['B19'],
    says: /x\.ASR: found an ending in capitals/,
  },
  {
    what: 'two names that differ by case',
    input: only([...sics, file('sics/TOC.pol', tocPol)]),
    broken: ['B19'],
    says: /TOC\.pol: found the name of sics\/toc\.pol in another case/,
  },
  {
    what: 'a boot partition that is too small',
    input: only(sics, { bootFree: 4096 }),
    broken: ['B19'],
    says: /size: found \d+ bytes in sics\/, expected at most 4096 bytes free/,
  },
  {
    what: 'a store that is too small',
    input: only(sics, { storeLimit: 2 }),
    broken: ['B20'],
    says: /3 listable secrets, expected at most 2/,
  },
  {
    what: 'lines that changed places',
    input: only(relist(swap), expecting({})),
    broken: ['B21'],
    says: /toc\.pol: found another list or order of tags/,
  },
  {
    what: 'no secret whose possession can be shown',
    input: only(
      entriesOf(
        makeBundle('no key', {
          policy: { ...template('ebc-minimal'), secrets: template('ebc-minimal').secrets.filter((s) => s.name !== 'report-key') },
        }),
      ),
    ),
    broken: ['B22'],
    says: /no secret whose possession can be shown/,
  },
  {
    what: 'a file that was changed',
    input: only(withFile(good, 'meta/policy.yaml', utf8('x'))),
    broken: ['T01'],
    says: /meta\/policy\.yaml: found 1 bytes/,
  },
  {
    what: 'a file that was lost',
    input: only(withFile(good, 'meta/host-keys.json')),
    broken: ['T01'],
    says: /meta\/host-keys\.json: found no such file/,
  },
  {
    what: 'a file that was added',
    input: only([...good, file('sics/note.txt', utf8('x'))]),
    broken: ['T01'],
    says: /sics\/note\.txt: found a file that is not in the index/,
  },
  {
    what: 'an index that is none',
    input: only(withFile(good, 'meta/index.json', utf8('{}'))),
    broken: ['T01'],
    says: /meta\/index\.json: found something else/,
  },
];

const isBroken = (f: Finding): boolean => f.severity === 'error' || f.severity === 'warning';

describe('each rule, broken', () => {
  it.each(CASES)('$what: $broken', ({ input, broken, says }) => {
    const findings = checkBundle(input).filter(isBroken);
    expect([...new Set(findings.map((f) => f.rule))], JSON.stringify(findings, null, 1)).toEqual([...new Set(broken)]);
    const first = findings.find((f) => f.rule === broken[0]) as Finding;
    expect(findingSays(first)).toMatch(says);
    expect(findingSays(first)).not.toContain('undefined');
    if (RULES[first.rule]?.consequence) expect(consequence(first)).toBeTruthy();
  });
  it('none is left out', () => {
    const all = Object.keys(RULES).filter((r) => r.startsWith('B'));
    expect(all).toHaveLength(22);
    expect(all.filter((r) => !CASES.some((c) => c.broken[0] === r))).toEqual([]);
  });
});

describe('a rule answers, whatever it is given', () => {
  const RULE_IDS = [...Array.from({ length: 22 }, (_, i) => `B${String(i + 1).padStart(2, '0')}`), 'T01'];
  it.each([
    ['nothing', []],
    ['a list only', [file('sics/toc.pol', tocPol)]],
    ['toc.asr only', [file('sics/toc.asr', fileOf(good, 'sics/toc.asr'))]],
    [
      'rubbish',
      [
        file('sics/toc.asr', utf8('x')),
        file('sics/toc.pol', utf8('x')),
        file('sics/manifest.pol', utf8('{')),
        file('meta/index.json', utf8('[')),
      ],
    ],
  ] as [string, BundleEntry[]][])('%s: all rules, and none is "ok" that had nothing to look at', (_, entries) => {
    const findings = checkBundle({ entries });
    expect([...new Set(findings.map((f) => f.rule))]).toEqual(RULE_IDS);
    for (const rule of ['B05', 'B07', 'B08', 'B10', 'B12', 'B17', 'B18', 'B20', 'B21'])
      if (!entries.some((e) => e.path === 'sics/toc.asr' && rule === 'B10'))
        expect(
          findings.filter((f) => f.rule === rule).map((f) => f.severity),
          rule,
        ).not.toContain('ok');
  });
  it('what is not given is "not checked"', () => {
    const open = (input: CheckInput) =>
      checkBundle(input)
        .filter((f) => f.severity === 'not-checked')
        .map((f) => f.rule);
    expect(open({ entries: sics })).toEqual(['B10', 'B11', 'B12', 'B16', 'B17', 'B18', 'B19', 'B20', 'B21', 'T01']);
    expect(open({ entries: good, header: parsedHeader, expected: bundle.expected, storeLimit: 9, bootFree: 99_999 })).toEqual([
      'B16',
    ]);
  });
  it('a Kata profile needs no root disk', () => {
    const text = templateText('kata-pod');
    const policy = readPolicy(utf8(text));
    const kata = makeBundle('kata', {
      policy,
      values: new Map(
        policy.secrets.map((s) => [s.name, s.source.includes('generate') ? generateValue(s, env).value : utf8('value')]),
      ),
    });
    const findings = checkBundle({ entries: entriesOf(kata), expected: kata.expected });
    expect(findings.filter(isBroken)).toEqual([]);
    expect(findings.filter((f) => f.rule === 'B15' || f.rule === 'B16').map((f) => f.severity)).toEqual([
      'not-checked',
      'not-checked',
    ]);
    // a policy that was put there afterwards does not lift the rule
    const forged = withFile(
      good.filter((e) => e.path.startsWith('sics/') && e.path !== 'sics/luks-rfs-passphrase.asr'),
      'meta/policy.yaml',
      utf8(text),
    );
    expect(checkBundle({ entries: forged }).filter((f) => f.rule === 'B15')).toMatchObject([{ severity: 'error' }]);
  });
  it('the expectation in the bundle is the one that was returned', () => {
    expect(fileOf(good, 'meta/expected.json')).toEqual(writeExpected(bundle.expected));
    expect(values.size).toBe(4);
  });
});
