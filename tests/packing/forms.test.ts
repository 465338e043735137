/** Initdata and pvics.yaml as other programs read them, and the sheets: whole, reproducible, escaped, without a secret. */
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readHostKeyList } from '../../core/bundle/hostkeys.ts';
import { hex, unbase64 } from '../../core/bytes.ts';
import { boot } from '../../core/guestsim/boot.ts';
import { escapeHtml, sheetAsHtml } from '../../core/packing/html.ts';
import { writeInitdata } from '../../core/packing/initdata.ts';
import { type PvicsPlaces, writePvics } from '../../core/packing/pvics.ts';
import { type Sheet, sheetAsPdf } from '../../core/packing/sheet.ts';
import { template } from '../../core/policy/templates.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { verifyReport } from '../../core/report/verify.ts';
import { bundleSheet, bundleSheetPdf, verdictHtml, verdictPdf, verdictSheet } from '../../words/sheet.ts';
import { GRADES, UNPROVEN } from '../../words/verdict.ts';
import { seededEnv } from '../support/env.ts';
import { codeOf } from '../support/errors.ts';
import { havePdftotext, itWith, run } from '../support/programs.ts';
import { entriesOf, hosts, image, makeBundle, policy, values } from '../support/tenant.ts';
import { scratch } from '../support/webtenant.ts';

const dir = scratch();
afterAll(dir.remove);
const TOOL = 'Selwright test';
const bundle = makeBundle('forms');
const fileOf = (p: string): Uint8Array => bundle.files.find((f) => f.path === p)?.bytes as Uint8Array;
const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('utf8');
const havePython = spawnSync('python3', ['-c', 'import tomllib']).status === 0;

describe('initdata', () => {
  const toml = writeInitdata(bundle.files, bundle.expected);

  it('has every request and list of the bundle, in the order of submission, toc.asr last', () => {
    const entries = [...text(toml).matchAll(/^"([^"]+)" = "([A-Za-z0-9+/=]+)"$/gm)];
    const order = bundle.expected.submission_order.slice(1).map((s) => (s.file === 'cck.asr' ? 'update-cck.asr' : s.file));
    expect(entries.map((e) => e[1])).toEqual([order[0], 'manifest.pol', ...order.slice(1), 'toc.pol', 'toc.asr']);
    for (const [, name, content] of entries) {
      const file = name === 'update-cck.asr' ? 'cck.asr' : name;
      expect(hex(unbase64(content as string, 'test'))).toBe(hex(fileOf(`sics/${file}`)));
    }
  });

  itWith(havePython, 'python3 with tomllib', 'is TOML', () => {
    const file = dir.write('initdata.toml', toml);
    const script = 'import tomllib,json,sys;print(json.dumps(tomllib.load(open(sys.argv[1],"rb"))))';
    const read = JSON.parse(run('python3', ['-c', script, file]).toString());
    expect(read).toMatchObject({ version: '0.1.0', algorithm: 'sha256' });
    expect(Object.keys(read.data)).toContain('update-cck.asr');
    expect(hex(unbase64(read.data['toc.asr'], 'test'))).toBe(hex(fileOf('sics/toc.asr')));
  });

  it('is the same for the same bundle, says where its shape is from, and refuses a bundle that is not whole', () => {
    expect(hex(writeInitdata([...bundle.files].reverse(), bundle.expected))).toBe(hex(toml));
    expect(text(toml)).toContain('open RFC');
    const partly = bundle.files.filter((f) => f.path !== 'sics/cck.asr');
    expect(codeOf(() => writeInitdata(partly, bundle.expected))).toBe('not-found');
  });

  it('of a bundle that no annotation holds is refused', () => {
    const huge = bundle.files.map((f) => (f.path === 'sics/cck.asr' ? { ...f, bytes: new Uint8Array(200 * 1024) } : f));
    expect(codeOf(() => writeInitdata(huge, bundle.expected))).toBe('limit');
  });
});

describe('pvics.yaml', () => {
  const places: PvicsPlaces = {
    out: 'out',
    hostKeys: ['keys/alpha.crt', 'keys/beta.crt'],
    chain: { certs: ['pki/signing.crt', 'pki/intermediate.crt'], crls: ['pki/root.crl'], rootCa: 'pki/root.crt' },
    values: 'values',
    extensionSecret: 'private/extension-secret',
    bundle: 'test-01-1.selbundle',
  };

  it('has the names pvics reads, the values by their files, and the other requests as they are', () => {
    expect(parse(text(writePvics(policy, bundle.expected, places)))).toEqual({
      'no-verify': false,
      out: 'out',
      hkds: ['keys/alpha.crt', 'keys/beta.crt'],
      'certificate-chain': {
        certs: ['pki/signing.crt', 'pki/intermediate.crt'],
        crls: ['pki/root.crl'],
        offline: true,
        'root-ca': 'pki/root.crt',
      },
      encrypt: {
        cck: 'values/cck',
        'extension-secret': 'private/extension-secret',
        'luks-key': 'values/rfs-luks-key',
        'luks-key-asr-name': 'rfs-luks-key',
        'luks-key-size': 512,
        'luks-passphrase': 'values/luks-rfs-passphrase',
        'add-secret-requests': ['test-01-1.selbundle/sics/report-key.asr'],
      },
    });
  });

  it('takes the size of the key that is there', () => {
    const size = (n: number) => parse(text(writePvics(policy, bundle.expected, places, n))).encrypt['luks-key-size'];
    expect([size(32), size(64)]).toEqual([256, 512]);
    expect(codeOf(() => size(48))).toBe('bad-value');
  });

  it('without a chain says no-verify', () => {
    const yaml = parse(text(writePvics(policy, bundle.expected, { ...places, chain: undefined })));
    expect(yaml['no-verify']).toBe(true);
    expect(yaml['certificate-chain']).toBeUndefined();
  });

  it('refuses paths that pvics takes apart or for patterns', () => {
    for (const odd of ['my keys/a.crt', 'keys/*.crt', 'a,b', "it's", 'k[1]', '$HOME/x', 'a\nb', ''])
      expect(
        codeOf(() => writePvics(policy, bundle.expected, { ...places, hostKeys: [odd] })),
        odd,
      ).toBe('bad-name');
  });

  it('refuses what pvics cannot do: a policy without a root disk, an extension secret that is not its own', () => {
    expect(codeOf(() => writePvics(template('kata-pod'), bundle.expected, places))).toBe('missing-value');
    const derived = { ...bundle.expected, extension_secret: 'cck-derived' as const };
    expect(codeOf(() => writePvics(policy, derived, places))).toBe('conflict');
  });

  it('holds no value', () => {
    const yaml = text(writePvics(policy, bundle.expected, places));
    for (const value of values.values()) {
      expect(yaml).not.toContain(Buffer.from(value).toString('latin1'));
      expect(yaml).not.toContain(hex(value));
    }
  });
});

const verdictOf = (): Verdict => {
  const env = seededEnv('boot');
  const r = boot({ host: hosts[0], image, entries: entriesOf(bundle) }, env);
  return verifyReport({
    report: r.report as Uint8Array,
    expected: bundle.expected,
    now: env.now(),
    attestationKey: bundle.keys.attestationKey,
    reportKey: bundle.keys.reportKey,
    ledger: [],
  });
};

describe('the printed sheet', () => {
  const input = {
    expected: bundle.expected,
    hostKeys: readHostKeyList(fileOf('meta/host-keys.json')),
    policyName: policy.name,
    approvals: ['Änne Müller approved on 2026-11-24'],
    packed: [{ file: 'test-01-1.selbundle.tar', sha256: '5a'.repeat(32) }],
    tool: TOOL,
  };

  it('is the same bytes for the same bundle, with the date of the bundle', async () => {
    const [a, b] = [await bundleSheetPdf(input), await bundleSheetPdf(input)];
    expect(hex(a)).toBe(hex(b));
    expect(text(a.slice(0, 5))).toBe('%PDF-');
  });

  itWith2(
    havePdftotext,
    'pdftotext',
    'says on one page which bundle, for whom, what is in it, and what the guest must answer',
    async () => {
      const file = dir.write('sheet.pdf', await bundleSheetPdf(input));
      const info = run('pdfinfo', ['-rawdates', file]).toString();
      expect(info).toMatch(/Pages: +1\n/);
      expect(info).toMatch(/Page size: +595\.28 x 841\.89 pts \(A4\)/);
      expect(info).toContain('D:20261124043000Z');
      const said = run('pdftotext', ['-layout', file, '-']).toString();
      const flat = said.replace(/\s+/g, '');
      const e = bundle.expected;
      for (const part of [e.bundle.id, e.image.tag, e.policy_sha256, e.toc_pol_sha256, e.manifest_sha256 as string])
        expect(flat, part).toContain(part);
      for (const s of e.submission_order) for (const part of [s.file, s.tag]) expect(flat).toContain(part);
      for (const k of e.host_keys) expect(flat).toContain(k.phkh);
      for (const part of ['number 1', 'verified', 'Änne Müller', 'Handed over to', '5a5a5a']) expect(said).toContain(part);
      // long hashes stand on two lines beside their names
      for (const hash of Object.values(e.store_hash))
        for (const half of [hash.slice(0, 40), hash.slice(-40)]) expect(flat).toContain(half);
    },
  );

  it('holds no value and no key of the tenant', () => {
    const said = JSON.stringify(bundleSheet(input));
    const { extensionSecret, attestationKey, reportKey } = bundle.keys;
    for (const secret of [...values.values(), extensionSecret, attestationKey as Uint8Array, reportKey as Uint8Array]) {
      expect(said).not.toContain(hex(secret));
      expect(said).not.toContain(Buffer.from(secret).toString('base64').slice(0, 20));
      expect(said).not.toContain(Buffer.from(secret).toString('latin1'));
    }
  });

  it('says of a host key that was not verified that it was not', () => {
    const open = { ...bundle.expected, host_keys: bundle.expected.host_keys.map((k) => ({ ...k, verified: false })) };
    expect(JSON.stringify(bundleSheet({ ...input, expected: open }))).toContain('NOT verified');
  });
});

describe('the verdict', () => {
  const verdict = verdictOf();

  it('is proven here, a rehearsal, and the banner does not hide that', () => {
    expect(verdict.grade).toBe('proven');
    const sheet = verdictSheet(verdict, TOOL);
    const banner = sheet.sections[0]?.blocks.find((b) => b.kind === 'banner');
    expect(banner).toMatchObject({ tone: 'plain' });
    expect(sheet.subtitle).toContain('simulated');
    const real = verdictSheet({ ...verdict, rehearsal: false }, TOOL);
    expect(real.sections[0]?.blocks.find((b) => b.kind === 'banner')).toMatchObject({ tone: 'good' });
  });

  itWith2(havePdftotext, 'pdftotext', 'as PDF: every point, what it does not show, lines to sign, pages numbered', async () => {
    const pdf = await verdictPdf(verdict, TOOL);
    expect(hex(await verdictPdf(verdict, TOOL))).toBe(hex(pdf));
    const said = run('pdftotext', ['-layout', dir.write('v.pdf', pdf), '-']).toString();
    for (const c of verdict.checks) expect(said).toMatch(new RegExp(`^${c.id} `, 'm'));
    for (const u of UNPROVEN) expect(said).toContain(u);
    for (const part of [GRADES.proven.name, 'Accepted by', verdict.reportSha256.slice(0, 40)]) expect(said).toContain(part);
    for (const n of [1, 2]) expect(said).toMatch(new RegExp(`${n} ?/ ?2\\n`));
  });

  it('that failed says what failed, and why that matters', () => {
    const failed: Verdict = {
      ...verdict,
      grade: 'failed',
      checks: verdict.checks.map((c) => (c.id === 'R07' ? { ...c, outcome: 'failed', expected: 'aa', found: 'bb' } : c)),
    };
    const html = text(verdictHtml(failed, TOOL));
    for (const part of ['What failed', 'FAILED', 'expected aa; found bb', GRADES.failed.says]) expect(html).toContain(part);
    expect(html).toContain('class="banner bad"');
  });

  it('as HTML needs nothing and runs nothing', () => {
    const html = text(verdictHtml(verdict, TOOL));
    expect(html).toContain("default-src 'none'");
    expect(html).not.toMatch(/<script|<img|<link|<iframe|<object|url\(|@import|javascript:|\son[a-z]+=/i);
    for (const c of verdict.checks) expect(html).toContain(`<td>${c.id}</td>`);
  });

  it('whatever a guest writes into its report stays text', () => {
    const evil = '<img src=x onerror=alert(1)>&\'"</td></table><script>alert(2)</script>\u001b[2J';
    const html = text(
      verdictHtml(
        {
          ...verdict,
          checks: [{ id: 'R13', class: 'I', outcome: 'passed', found: evil }],
          bundle: { ...verdict.bundle, name: evil },
        },
        TOOL,
      ),
    );
    expect(html).not.toContain('<img');
    expect(html).not.toContain('<script');
    expect(html).not.toContain('\u001b');
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;&amp;&#39;&quot;');
  });
});

describe('any sheet', () => {
  const cell = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({ maxLength: 200 }).map((mono) => ({ mono })),
  );
  const block = fc.oneof(
    fc.record({
      kind: fc.constant('facts' as const),
      rows: fc.array(fc.tuple(fc.string({ maxLength: 60 }), cell), { maxLength: 6 }),
    }),
    fc
      .array(fc.tuple(cell, cell), { maxLength: 30 })
      .map((rows) => ({ kind: 'table' as const, head: ['a', 'b'], widths: [0.3, 0.7], rows })),
    fc.record({ kind: fc.constant('text' as const), text: fc.string({ unit: 'grapheme', maxLength: 2000 }) }),
    fc.record({ kind: fc.constant('list' as const), items: fc.array(fc.string(), { maxLength: 60 }) }),
    fc.record({
      kind: fc.constant('banner' as const),
      text: fc.string(),
      says: fc.string({ maxLength: 400 }),
      tone: fc.constant('bad' as const),
    }),
    fc.record({ kind: fc.constant('signatures' as const), roles: fc.array(fc.string(), { maxLength: 5 }) }),
  );
  const sheet = (title: string, blocks: Sheet['sections'][0]['blocks']): Sheet => ({
    title,
    subtitle: title,
    foot: title,
    date: new Date('2026-11-24T04:30:00Z'),
    tool: TOOL,
    sections: [{ heading: title, blocks }],
  });

  it('is laid out, whatever it says, 60 times; the same twice', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 300 }),
        fc.array(block, { maxLength: 6 }),
        async (title, blocks) => {
          const s = sheet(title, blocks);
          const pdf = await sheetAsPdf(s);
          expect(hex(await sheetAsPdf(s))).toBe(hex(pdf));
          expect(sheetAsHtml(s).length).toBeGreaterThan(100);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('HTML: no text gets out of its place, 500 texts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', '/', '!', '-', ' ', '\u0000', '\u0085') }),
        (t) => {
          const escaped = escapeHtml(t);
          expect(escaped).not.toMatch(/[<>"'\p{Cc}]/u);
          expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
        },
      ),
      { numRuns: 500 },
    );
  });

  itWith2(
    havePdftotext,
    'pdftotext',
    'nothing falls off a page: 200 rows are all there, under the head again on each page',
    async () => {
      const rows = Array.from({ length: 200 }, (_, i) => [`row ${i}`, { mono: `tag-${i}` }]);
      const pdf = await sheetAsPdf(sheet('long', [{ kind: 'table', head: ['Number', 'Tag'], widths: [0.5, 0.5], rows }]));
      const file = dir.write('long.pdf', pdf);
      const said = run('pdftotext', ['-layout', file, '-']).toString();
      for (let i = 0; i < 200; i++) expect(said).toMatch(new RegExp(`row ${i} +tag-${i}\\n`));
      const pages = Number(/Pages: +(\d+)/.exec(run('pdfinfo', [file]).toString())?.[1]);
      expect(pages).toBeGreaterThan(2);
      expect(said.match(/Number +Tag/g)?.length).toBe(pages);
      // bounding boxes: no word reaches over the edge of its page
      const boxes = run('pdftotext', ['-bbox', file, '-']).toString();
      for (const [, x, y] of boxes.matchAll(/<word xMin="[^"]*" yMin="[^"]*" xMax="([\d.]+)" yMax="([\d.]+)"/g)) {
        expect(Number(x)).toBeLessThan(595.28 - 40);
        expect(Number(y)).toBeLessThan(841.89 - 20);
      }
    },
  );
});

/** The same as itWith for tests that wait. */
function itWith2(present: boolean, program: string, name: string, body: () => Promise<void>): void {
  if (present) it(name, body);
  else itWith(present, program, name, () => undefined);
}
