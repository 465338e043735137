/** The window's way from the sample to a verdict, in German: nothing is left in English, and what is written to files is German too. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { template } from '../../core/policy/templates.ts';
import type { Diagnosis } from '../../core/report/diagnose.ts';
import { PROBLEM_CODES } from '../../core/report/format.ts';
import type { Verdict } from '../../core/report/verdict.ts';
import { ADD_RC, ATTEST_RC, LOCK_RC, RETRIEVE_RC } from '../../core/uvsim/codes.ts';
import { REMEDIES } from '../../core/values/traps.ts';
import { nodeEnv } from '../../edge/env.ts';
import type { Answer, ProjectView, ReviewView } from '../../electron/contract.ts';
import { createDispatch } from '../../electron/handlers.ts';
import { Preferences } from '../../electron/preferences.ts';
import { Session } from '../../electron/session.ts';
import { secondsSay, sourceSays } from '../../words/fleet.ts';
import { checklist, hostKeyErrorSays, lackingSays, missingSays } from '../../words/hostkey.ts';
import { speak, t, untranslated } from '../../words/language.ts';
import { messagesOf } from '../../words/locales/messages.ts';
import { besideSays } from '../../words/pvics.ts';
import { verdictHtml, verdictPdf, verdictSheet } from '../../words/sheet.ts';
import { uvSays } from '../../words/uv.ts';
import {
  becomesSays,
  feedbackSays,
  keyKindSays,
  recognisedSays,
  remedySays,
  strengthSays,
  trapSays,
  waySays,
} from '../../words/values.ts';
import { diagnosisSays, GRADES, problemSays, reasonsSay, verdictAsText } from '../../words/verdict.ts';

const home = mkdtempSync(join(tmpdir(), 'selwright-german-'));
process.env.XDG_STATE_HOME = join(home, 'state');
const DAY = new Date('2026-11-24T19:05:14Z');

beforeAll(() => speak('de', messagesOf('de')));
afterAll(() => speak('en'));

describe('what stands in the tables', () => {
  it('says of host keys what is missing and where it is, with German dates', () => {
    expect(hostKeyErrorSays({ kind: 'IbmSignInvalid', openssl: 10, depth: 1 })).toBe(
      'Dem Signaturschlüssel kann nicht vertraut werden: ein Zertifikat ist abgelaufen (OpenSSL 10, Tiefe 1).',
    );
    expect(hostKeyErrorSays({ kind: 'HkdRevoked' })).toBe('Der Host-Schlüssel ist gesperrt.');
    expect(missingSays({ what: 'CRL', issuer: 'X', urls: ['a', 'b'] })).toBe('Sperrliste von X von a oder b');
    const thing = { name: 'CN=Root', short: 'Root', urls: ['http://x/r.crl', 'http://y/r.crl'], fileName: 'r.crl', until: DAY };
    expect(lackingSays({ ...thing, kind: 'crl', state: 'ended' })).toBe(
      'Sperrliste (CRL) von „Root“: abgelaufen am 24.11.2026: eine neuere Fassung wird gebraucht, von http://x/r.crl oder http://y/r.crl als r.crl',
    );
    const list = [
      { ...thing, kind: 'root' as const, state: 'given' as const, urls: [] },
      { ...thing, kind: 'crl' as const, state: 'missing' as const },
    ];
    expect(checklist(list, DAY).split('\n')).toEqual([
      'Was die Prüfung der Host-Schlüssel braucht, am 24.11.2026: 1 von 2 zu besorgen',
      '[x] Stammzertifikat „Root“: bis 24.11.2026',
      '[ ] Sperrliste (CRL) von „Root“: fehlt',
      '      Name:              CN=Root',
      '      herunterladen von: http://x/r.crl',
      '      oder:              http://y/r.crl',
      '      speichern als:     r.crl',
      '',
    ]);
  });

  it('says what a value is, in the plural of its bytes', () => {
    const bytes = { form: 'bytes' as const, size: 1, decoded: null, key: null, login: null, becomes: 'aes' as const, traps: [] };
    const says = (size: number): string => recognisedSays({ ...bytes, size } as never);
    expect(says(1)).toBe(
      'Bytes, die kein Text sind, 1 Byte. Daraus wird ein Schlüssel, den der Gast benutzen kann und nie sieht (aes).',
    );
    expect(says(4096)).toContain('4.096 Bytes');
    const [s] = template('ssh-server').secrets;
    expect(strengthSays({ bits: 40 }, { ...s, constraints: { 'min-entropy-bits': 80 } } as never)).toBe(
      'Etwa 40 Bit Stärke: zu wenig, die Richtlinie verlangt 80.',
    );
    const trap = trapSays({ code: 'wrong-size', severity: 'error', found: '31 bytes', expected: '32 bytes', remedies: [] });
    expect(trap.details).toBe('Gefunden: 31 Bytes; erwartet: 32 Bytes.');
    expect(REMEDIES.map(remedySays)).toContain('Mit Nullen auffüllen');
    expect(waySays({ generator: 'words', bits: 90 })).toBe('Zufällige Wörter, 90 Bit');
    expect(becomesSays('update-cck')).toBe('der neue CCK (Customer Communication Key)');
    expect([keyKindSays('rsa-3072'), feedbackSays('year')]).toEqual([
      'RSA, 3072 Bit oder mehr',
      'Eine Jahreszahl kommt darin vor.',
    ]);
  });

  it('says every return code and every problem of a guest', () => {
    const codes = { add: ADD_RC, lock: LOCK_RC, retrieve: RETRIEVE_RC, attest: ATTEST_RC };
    for (const call of ['add', 'lock', 'retrieve', 'attest'] as const)
      for (const rc of [1, 0xffff, ...Object.values(codes[call])]) expect(uvSays(call, rc)).not.toBe('');
    expect(uvSays('lock', 0x102)).toBe('er war schon gesperrt');
    for (const code of PROBLEM_CODES) expect(problemSays({ code } as Verdict['problems'][number])).not.toBe('');
    expect(problemSays({ code: 'APPLY_FILE_MODE', secret: 'cck' } as Verdict['problems'][number])).toBe(
      'Die Zugriffsrechte von cck konnten nicht gesetzt werden.',
    );
  });

  it('tells every story of a wrong store hash', () => {
    const where = { file: 'cck.asr', position: 2, locked: true };
    const stories: Diagnosis[] = [
      { kind: 'lock', locked: false },
      { kind: 'stopped-after', ...where, total: 5 },
      { kind: 'left-out', ...where },
      { kind: 'doubled', ...where },
      { kind: 'swapped', ...where },
      { kind: 'without-toc', locked: true },
      { kind: 'other-bundle', serial: 7, locked: true },
      { kind: 'empty', locked: true },
      { kind: 'foreign' },
    ];
    const said = stories.map(diagnosisSays);
    expect(said[2]).toBe('Anforderung 2, cck.asr, fehlt; Geheimnisspeicher gesperrt.');
    expect(said[6]).toBe('Es ist die Liste Ihres Bündels Nummer 7; Geheimnisspeicher gesperrt.');
  });

  it('says where the values of a fleet come from', () => {
    expect(sourceSays({ kind: 'generate' }, 'cck')).toBe('die Datei GUEST/cck, wo es sie gibt, sonst ein neuer Wert');
    expect(secondsSay(200)).toBe('3 min 20 s');
    const beside = besideSays({ files: ['a', 'b'], values: 'values', extensionSecret: 'x' }, '/r');
    expect(beside.map((b) => b.says)).toContain('Eine Kopie von /r/extension-secret. Sie ist geheim.');
  });

  it('without a word of English', () => {
    expect(untranslated()).toEqual([]);
  });
});

describe('the whole way', () => {
  const sayings: string[][] = [];
  let session: Session;
  let view: ProjectView;
  beforeAll(async () => {
    const preferences = new Preferences('de-AT', join(home, 'settings.json'));
    session = new Session({ env: nodeEnv, home });
    const platform = { shell: 'chromium' as const, version: 'test', canChooseFolder: false, preferences };
    const dispatch = createDispatch({ ...platform, chooseFolder: () => Promise.resolve(null) }, session);
    const ask = async (channel: string, args: unknown): Promise<unknown> => {
      const answer = (await dispatch(channel, args)) as Answer<ProjectView>;
      if (!answer.ok) throw new Error(`${channel}: ${answer.what}`);
      if ('lacks' in answer.value) {
        view = answer.value;
        sayings.push(Object.values(view.lacks).flat());
      }
      return answer.value;
    };
    await ask('project.view', {});
    await ask('project.sample', {});
    await ask('secrets.import', { name: 'cck', bytes: new Uint8Array(31) });
    await ask('secrets.clear', { name: 'cck' });
    await ask('secrets.generate-all', {});
    await ask('bundle.generate', { name: 'guest' });
    await ask('bundle.save', { path: join(home, 'guest.selbundle') });
    await ask('bundle.sheet', { path: join(home, 'sheet.pdf') });
    await ask('boot.run', { name: 'beta' });
    await ask('report.simulated', {});
    await ask('verdict.save', { path: join(home, 'verdict') });
    const review = (await ask('officer.bundle', { path: join(home, 'guest.selbundle') })) as ReviewView;
    expect(review.title).toBe('Bündel guest, Nummer 1');
  });
  afterAll(() => session.reset());

  it('says what is missing, and at the end that nothing is', () => {
    expect(sayings[0]).toContain('Wählen Sie das Host-Key-Dokument mindestens einer Maschine.');
    expect(sayings.flat()).toContain('cck hat keinen Wert.');
    expect(sayings.flat().some((s) => /^Der Wert von cck passt nicht\. Der Wert hat die falsche Größe/.test(s))).toBe(true);
    expect(sayings.at(-1)).toEqual([]);
    expect(view.done).toHaveLength(8);
  });

  it('ends with a verdict that is German in the window, as text and as HTML; the words of the operator stay English', () => {
    expect(view.verdict).toMatchObject({ grade: 'proven', gradeName: 'Nachgewiesen', bundle: 'guest, Nummer 1' });
    expect(view.verdict?.checks.find((c) => c.id === 'R15')).toMatchObject({ found: 'gesperrt', outcomeName: 'bestanden' });
    const written = (name: string): string => readFileSync(join(home, 'verdict', name), 'utf8');
    expect(written('verdict.txt')).toMatch(/^Nachgewiesen \(Probelauf: Der Gast ist simuliert\)\n/);
    expect(written('verdict.html')).toContain('<html lang="de">');
    expect(written('verdict.html')).toMatch(/Beurteilt \d\d\.\d\d\.\d{4} \d\d:\d\d UTC\. Probelauf/);
    expect(JSON.parse(written('verdict.json'))).toMatchObject({ grade: 'proven' });
    expect(readFileSync(join(home, 'guest.selbundle', 'HANDOVER.txt'), 'utf8')).toBe(view.bundle?.handover);
    expect(view.bundle?.handover).toMatch(/\bthe\b/);
    expect(view.commands.map((c) => c.title)).toContain('Die Anforderungen erzeugen');
  });

  it('leaves nothing in English', () => {
    expect(untranslated()).toEqual([]);
  });

  it('a verdict that failed is printed, with characters that the fonts have and such that they lack', async () => {
    const verdict: Verdict = {
      ...(JSON.parse(view.verdict?.asJson ?? '') as Verdict),
      grade: 'failed',
      rehearsal: false,
      diagnosis: { kind: 'swapped', file: 'cck.asr', position: 2, locked: true },
      problems: [{ code: 'RETRIEVE_FAILED', secret: 'Ä „ö“ ‚ü‘ ß … – → ≥ ü' }] as unknown as Verdict['problems'],
      checks: [
        { id: 'R07', class: 'D', outcome: 'failed', expected: 'a ≥ b', found: 'different' },
        { id: 'R14', class: 'D', outcome: 'not-checked' },
      ],
    };
    expect(verdictSheet(verdict, 'Test').title).toBe('Urteil über guest, Nummer 1');
    const html = Buffer.from(verdictHtml(verdict, 'Test')).toString('utf8');
    for (const part of [t(GRADES.failed.says), 'NICHT BESTANDEN', 'R07, „Der Geheimnisspeicher', 'erwartet: a ≥ b'])
      expect(html).toContain(part);
    const pdf = Buffer.from(await verdictPdf(verdict, 'Test'));
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    expect(verdictAsText(verdict)).toContain('haben die Plätze getauscht');
    expect(reasonsSay(verdict)[0]).toMatch(/^R07: Eine Anforderung fehlt/);
    expect(untranslated()).toEqual([]);
  });
});
