/** What verification needs: every certificate and CRL, with its address, given or not; and the checklist made of it. */
import { describe, expect, it } from 'vitest';
import { sortFile } from '../../core/hostkey/sort.ts';
import { isLacking, type Wanted, wanted } from '../../core/hostkey/wanted.ts';
import { verifySignature } from '../../edge/keys.ts';
import { checklist, lackingSays } from '../../words/hostkey.ts';
import { oid, seq, text, tlv } from './der-writer.ts';
import {
  AT,
  EXT,
  type Files,
  goodPki,
  inDays,
  KEYS,
  KIND,
  NAMES,
  type Pki,
  point,
  points,
  setExtension,
  URLS,
  writeCertificate,
  writePki,
} from './forge.ts';

const listOf = (change: (f: Files, p: Pki) => unknown = () => {}, spoil: (p: Pki) => unknown = () => {}): Wanted[] => {
  const p = goodPki();
  spoil(p);
  const f = writePki(p);
  change(f, p);
  const sorted = (list: Uint8Array[]) => list.flatMap((b) => sortFile('file', b));
  const certificates = (list: Uint8Array[]) => sorted(list).flatMap((x) => (x.certificate ? [x.certificate] : []));
  return wanted({
    hostKeys: sorted(f.hosts).flatMap((x) => (x.hostKey ? [x.hostKey] : [])),
    certificates: certificates(f.certificates),
    roots: certificates(f.roots),
    crls: sorted(f.crls).flatMap((x) => (x.crl ? [x.crl] : [])),
    at: AT,
    verify: verifySignature,
  });
};

const brief = (list: readonly Wanted[]): string[] => list.map((w) => `${w.kind} ${w.short}: ${w.state}`);
const SIGNING = 'IBM Z Host Key Signing Service';
const [INTER, ROOT] = ['IBM Z Intermediate CA', 'IBM Z Root CA'];
const COMPLETE = [
  `signing-key ${SIGNING}: given`,
  `crl ${SIGNING}: given`,
  `issuer ${INTER}: given`,
  `crl ${INTER}: given`,
  `root ${ROOT}: given`,
  `crl ${ROOT}: given`,
];
/** The complete list with some lines different. */
const but = (...changes: readonly (readonly [string, string])[]): string[] =>
  COMPLETE.map((line) => {
    const change = changes.find(([what]) => line.startsWith(`${what}:`));
    return change ? `${change[0]}: ${change[1]}` : line;
  });
const find = (list: readonly Wanted[], kind: string, short: string): Wanted =>
  list.find((w) => w.kind === kind && w.short === short) as Wanted;

describe('what is needed', () => {
  it('is all there, each with its end and the addresses that the certificates name', () => {
    const list = listOf();
    expect(brief(list)).toEqual(COMPLETE);
    expect(list.filter(isLacking)).toEqual([]);
    expect(find(list, 'crl', SIGNING)).toMatchObject({ urls: [URLS.signing], fileName: 'signing.crl', until: inDays(300) });
    expect(find(list, 'crl', INTER)).toMatchObject({ urls: [URLS.intermediate], fileName: 'intermediate.crl' });
    expect(find(list, 'crl', ROOT)).toMatchObject({ urls: [URLS.root], fileName: 'root.crl' });
    expect(find(list, 'root', ROOT).until).toEqual(inDays(4000));
  });

  it('is every CRL that is missing, at once', () => {
    const list = listOf((f) => f.crls.splice(0));
    expect(brief(list)).toEqual(but([`crl ${SIGNING}`, 'missing'], [`crl ${INTER}`, 'missing'], [`crl ${ROOT}`, 'missing']));
    expect(list.filter(isLacking).map((w) => w.urls)).toEqual([[URLS.signing], [URLS.intermediate], [URLS.root]]);
  });

  it.each([
    ['ended', (p: Pki) => (p.crls.root.nextUpdate = AT)],
    ['not-yet', (p: Pki) => (p.crls.root.thisUpdate = inDays(1))],
    ['unusable', (p: Pki) => (p.crls.root.signer = KEYS.other)],
  ])('a CRL that is %s', (state, spoil) => expect(brief(listOf(() => {}, spoil))).toEqual(but([`crl ${ROOT}`, state])));

  it.each([
    ['ended', (p: Pki) => (p.signing.notAfter = AT)],
    ['not-yet', (p: Pki) => (p.signing.notBefore = inDays(1))],
  ])('a signing key that is %s', (state, spoil) =>
    expect(brief(listOf(() => {}, spoil))).toEqual(but([`signing-key ${SIGNING}`, state])),
  );

  it('the CRL of the signing key under its other spellings', () => {
    const armonk = (p: Pki) => {
      p.signing.subject = p.signing.subject.map((e) => (e.oid === KIND.L ? { ...e, value: 'Armonk' } : e));
    };
    expect(brief(listOf(() => {}, armonk))).toEqual(COMPLETE);
  });

  it('a root that lies beside the others is there, and not trusted', () => {
    const list = listOf((f) => {
      f.certificates.push(...f.roots);
      f.roots = [];
    });
    expect(brief(list)).toEqual(but([`root ${ROOT}`, 'untrusted']));
  });

  it('ends at an issuer that is missing, with the CRL of its name', () => {
    const list = listOf((f) => f.certificates.splice(0, 1));
    expect(brief(list)).toEqual([
      `signing-key ${SIGNING}: given`,
      `crl ${SIGNING}: given`,
      `issuer ${INTER}: missing`,
      `crl ${INTER}: given`,
    ]);
    expect(find(list, 'issuer', INTER)).toMatchObject({ urls: [], fileName: 'ibm-z-intermediate-ca.crt' });
  });

  it('names where the issuer is, when the certificate says so', () => {
    const access = seq(
      seq(oid('1.3.6.1.5.5.7.48.1'), tlv(0x86, text('http://ocsp.example'))),
      seq(oid('1.3.6.1.5.5.7.48.2'), tlv(0x86, text('http://ca.example/files/inter.cer?x=1'))),
    );
    const list = listOf(
      (f) => f.certificates.splice(0, 1),
      (p) => p.signing.extensions.push({ oid: EXT.access, value: access }),
    );
    expect(find(list, 'issuer', INTER)).toMatchObject({
      urls: ['http://ca.example/files/inter.cer?x=1'],
      fileName: 'inter.cer',
    });
  });

  it('begins with the signing key that the host keys name, when there is none', () => {
    expect(brief(listOf((f) => f.certificates.splice(1, 1)))).toEqual([
      `signing-key ${SIGNING}: missing`,
      `crl ${SIGNING}: given`,
    ]);
  });

  it('is asked for every signing key that is given', () => {
    const list = listOf((f, p) => {
      const other = p.signing.subject.map((e) => (e.oid === KIND.OU ? { ...e, value: 'Other Key Signing Service' } : e));
      f.certificates.push(writeCertificate({ ...p.signing, subject: other }));
    });
    expect(brief(list)).toEqual([
      ...COMPLETE,
      'signing-key Other Key Signing Service: given',
      'crl Other Key Signing Service: missing',
    ]);
  });

  it('is listed without a host key too', () => {
    expect(brief(listOf((f) => f.hosts.splice(0)))).toEqual(COMPLETE.filter((l) => l !== `crl ${SIGNING}: given`));
  });

  it('does not go round in a loop', () => {
    const list = listOf((f, p) => {
      p.root.issuer = NAMES.intermediate();
      p.root.extensions = p.root.extensions.filter((e) => e.oid !== EXT.akid);
      f.certificates.push(writeCertificate(p.root));
      f.roots = [];
    });
    expect(list.length).toBeLessThan(10);
  });

  it('several addresses and hosts: each address once', () => {
    const list = listOf((f, p) => {
      setExtension(p.host.extensions, { oid: EXT.points, value: points(URLS.signing, 'http://mirror.example/signing.crl') });
      f.hosts.push(writeCertificate({ ...p.host, serial: '45' }));
    });
    expect(find(list, 'crl', SIGNING).urls).toEqual([URLS.signing, 'http://mirror.example/signing.crl']);
  });
});

describe('addresses out of a certificate', () => {
  const urlsOf = (url: string): readonly string[] =>
    find(
      listOf(
        () => {},
        (p) => setExtension(p.host.extensions, { oid: EXT.points, value: points(url) }),
      ),
      'crl',
      SIGNING,
    ).urls;

  it.each([
    'http://crl.example/a_b~c.crl?x=1&y=%20',
    'https://[2001:db8::1]:8443/x.crl',
    'ldap://dir.example/cn=CA,o=IBM?certificateRevocationList',
    'crl.crl',
  ])('%s is shown', (url) => expect(urlsOf(url)).toEqual([url]));
  it.each([
    'http://crl.example/$(reboot)',
    'http://crl.example/`reboot`',
    'http://crl.example/x; reboot',
    'http://crl.example/x\nrm -rf ~',
    "http://crl.example/'x'",
    'http://crl.example/"x"',
    'http://crl.example/x|y',
    'http://crl.example/<b>',
    'http://crl.example/\u001b[2J',
    'http://crl.example/\u00e9',
    `http://crl.example/${'x'.repeat(3000)}`,
  ])('%j is not', (url) => expect(urlsOf(url)).toEqual([]));

  it('a file name is never a path, never hidden, never the same twice', () => {
    const namesOf = (url: string) =>
      find(
        listOf(
          () => {},
          (p) => setExtension(p.host.extensions, { oid: EXT.points, value: points(url) }),
        ),
        'crl',
        SIGNING,
      ).fileName;
    expect(namesOf('http://crl.example/..')).toBe('ibm-z-host-key-signing-service.crl');
    expect(namesOf('http://crl.example/.bashrc')).toBe('ibm-z-host-key-signing-service.crl');
    expect(namesOf('http://crl.example/a/%2e%2e%2fx.crl')).toBe('ibm-z-host-key-signing-service.crl');
    expect(namesOf('http://crl.example/')).toBe('ibm-z-host-key-signing-service.crl');
    // taken by the CRL of the root
    const list = listOf(
      () => {},
      (p) => setExtension(p.host.extensions, { oid: EXT.points, value: points('http://other.example/ROOT.crl') }),
    );
    expect(find(list, 'crl', SIGNING).fileName).toBe('ROOT.crl');
    expect(find(list, 'crl', ROOT).fileName).toBe('root-2.crl');
    expect(new Set(list.map((w) => w.fileName.toLowerCase())).size).toBe(list.length);
  });
});

describe('the checklist', () => {
  it('says what to download and how to save it', () => {
    const list = listOf((f) => f.crls.splice(0, 1));
    expect(checklist(list, AT).split('\n')).toEqual([
      'What verification of the host keys needs, on 2026-11-24: 1 of 6 to get',
      expect.stringMatching(/^\[x\] IBM signing key "IBM Z Host Key Signing Service": until \d{4}-\d\d-\d\d$/),
      '[x] revocation list of "IBM Z Host Key Signing Service": until 2027-09-20',
      expect.stringMatching(/^\[x\] certificate "IBM Z Intermediate CA": until /),
      '[x] revocation list of "IBM Z Intermediate CA": until 2027-09-20',
      expect.stringMatching(/^\[x\] root certificate "IBM Z Root CA": until /),
      '[ ] revocation list of "IBM Z Root CA": missing',
      expect.stringMatching(/^ {6}its name: {2}C=US, O=International Business Machines Corporation, .*OU=IBM Z Root CA$/),
      `      download:  ${URLS.root}`,
      '      save as:   root.crl',
      '',
    ]);
    expect(list.filter(isLacking).map(lackingSays)).toEqual([
      `revocation list of "IBM Z Root CA": missing, from ${URLS.root} as root.crl`,
    ]);
  });

  it('says that more may be missing above a missing certificate, and that no address is known', () => {
    const said = checklist(
      listOf((f) => f.certificates.splice(0, 1)),
      AT,
    );
    expect(said).toContain('no certificate names an address for it');
    expect(said).toContain('what stands above it can be needed too');
  });

  it('says when everything is there', () => {
    const said = checklist(listOf(), AT);
    expect(said).toContain('everything is there');
    expect(said).not.toContain('[ ]');
  });

  it('is plain text, whatever the names are', () => {
    const said = checklist(
      listOf(
        (f) => f.certificates.splice(0, 1),
        (p) => {
          p.signing.issuer = [
            { oid: KIND.O, value: 'Evil\u001b[2J\u202e\n[x] root certificate "IBM": until 2099-01-01' },
            { oid: KIND.CN, value: 'a, O=IBM' },
          ];
        },
      ),
      AT,
    );
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]/.test(said)).toBe(false);
    expect(said.split('\n').filter((l) => l.startsWith('[x] root'))).toEqual([]);
    expect(said).toContain('CN=a\\, O\\=IBM');
  });
});

// a distribution point with a name of several kinds: only addresses count
it('a distribution point that is no address names none', () => {
  const value = seq(seq(tlv(0xa0, tlv(0xa0, tlv(0xa4, seq())))), seq(point(URLS.signing)));
  const list = listOf(
    (f) => f.crls.splice(2, 1),
    (p) => setExtension(p.host.extensions, { oid: EXT.points, value }),
  );
  expect(find(list, 'crl', SIGNING)).toMatchObject({ state: 'missing', urls: [URLS.signing] });
});
