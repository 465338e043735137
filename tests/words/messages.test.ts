/** German: every message has its translation, with the same values in it, and no translation is left over. */
import * as fc from 'fast-check';
import { IntlMessageFormat } from 'intl-messageformat';
import { afterEach, describe, expect, it } from 'vitest';
import { dayText, fact, instantText, listText, momentText, speak, t, untranslated } from '../../words/language.ts';
import { GERMAN, messagesOf } from '../../words/locales/messages.ts';
import { factsStated, messagesSaid } from '../support/messages.ts';

const german = messagesOf('de');
const said = messagesSaid();
const facts = factsStated();
const unique = (list: readonly { message: string }[]): Set<string> => new Set(list.map((s) => s.message));

const germanFacts = GERMAN.facts as Readonly<Record<string, string>>;
const SLOT = /\{\d+\}/g;

/** Names of the values in a message, at any depth. */
const valuesIn = (text: string): string[] => {
  const found = new Set<string>();
  const look = (elements: readonly { type: number; value?: unknown; options?: Record<string, { value: never }> }[]): void => {
    for (const e of elements) {
      // 0 is text, 7 the number of a plural
      if (e.type !== 0 && e.type !== 7) found.add(String(e.value));
      for (const o of Object.values(e.options ?? {})) look(o.value);
    }
  };
  look(new IntlMessageFormat(text, 'de', undefined, { ignoreTag: true }).getAst() as never);
  return [...found].sort();
};

describe('the message files', () => {
  it('have a translation of every message that is said', () => {
    const lacking = said.filter((s) => !Object.hasOwn(german, s.message)).map((s) => `${s.file}: ${s.message}`);
    expect(lacking).toEqual([]);
    expect(unique(said).size).toBeGreaterThan(300);
  });
  it('have a translation of every fact that is plain text', () => {
    // one word or a symbol may be a name: those are not asked for
    const plain = facts.filter((s) => / /.test(s.message) && !/\{\d+\}/.test(s.message));
    expect([...unique(plain)].filter((m) => !Object.hasOwn(german, m))).toEqual([]);
  });
  it('have a translation of every fact with something put in that has words enough to be known by', () => {
    // two places side by side cannot be told apart: such texts are numbers with their unit, which stand in the file as they come out
    const put = facts.filter(
      (s) =>
        /\{\d+\}/.test(s.message) &&
        !s.message.includes('}{') &&
        (s.message.replace(SLOT, ' ').match(/\p{L}+/gu) ?? []).length >= 2,
    );
    expect([...unique(put)].filter((m) => !Object.hasOwn(german, m))).toEqual([]);
    expect(unique(put).size).toBeGreaterThan(100);
  });
  it('put into facts what is put into the English ones', () => {
    const slots = (text: string): string => String([...new Set(text.match(SLOT) ?? [])].sort());
    expect(Object.entries(germanFacts).filter(([m, other]) => slots(m) !== slots(other))).toEqual([]);
  });
  it('have nothing that is no longer said', () => {
    const known = new Set([...unique(said), ...unique(facts)]);
    const left = Object.entries(GERMAN).flatMap(([subject, list]) =>
      subject === 'facts'
        ? []
        : Object.keys(list)
            .filter((m) => !known.has(m))
            .map((m) => `${subject}: ${m}`),
    );
    expect(left).toEqual([]);
  });
  it('say nothing twice in different ways', () => {
    const ways = new Map<string, Set<string>>();
    for (const list of Object.values(GERMAN))
      for (const [m, other] of Object.entries(list)) ways.set(m, (ways.get(m) ?? new Set()).add(other));
    expect([...ways].filter(([, w]) => w.size > 1).map(([m]) => m)).toEqual([]);
  });
  it('put in the same values as the English', () => {
    const wrong = said
      .filter(({ message }) => message.includes('{') && Object.hasOwn(german, message))
      .filter(({ message }) => String(valuesIn(message)) !== String(valuesIn(german[message] as string)))
      .map((s) => s.message);
    expect(wrong).toEqual([]);
  });
  it('hold no empty text, no stray space and no English quotation marks', () => {
    const odd = Object.entries(german).filter(
      ([m, other]) => other === '' || (other !== other.trim() && m === m.trim()) || /[“”]\w|\w"\w/.test(other),
    );
    expect(odd).toEqual([]);
  });
});

describe('what is said', () => {
  afterEach(() => speak('en'));

  it('is English unless told otherwise, with its values', () => {
    expect(t('And {n} more.', { n: 3 })).toBe('And 3 more.');
    expect(t("{n, plural, one {# byte of the guest's} other {# bytes of the guest's}}", { n: 1 })).toBe("1 byte of the guest's");
    expect(fact('31 bytes')).toBe('31 bytes');
    expect(dayText('2026-11-24T19:05:14Z')).toBe('2026-11-24');
    expect(instantText('2026-11-24T19:05:14Z')).toBe('2026-11-24T19:05:14Z');
    expect(listText(['a', 'b', 'c'])).toMatch(/^a, b,? and c$/);
  });
  it('is German with its plural and its dates', () => {
    const many = '{n, plural, one {# byte} other {# bytes}}';
    speak('de', { [many]: '{n, plural, one {# Byte} other {# Bytes}}', '{0} bytes': '{0} Bytes', '{x} is': '{x} ist' });
    expect(t(many, { n: 1 })).toBe('1 Byte');
    expect(t(many, { n: 2000 })).toBe('2.000 Bytes');
    expect(t('{x} is', { x: '<b>{y}</b>' })).toBe('<b>{y}</b> ist');
    expect(fact('31 bytes')).toBe('31 Bytes');
    expect(fact('luks-rfs-passphrase')).toBe('luks-rfs-passphrase');
    expect(dayText('2026-11-24T19:05:14Z')).toBe('24.11.2026');
    expect(momentText('2026-11-24T19:05:14Z')).toBe('24.11.2026 19:05 UTC');
    expect(instantText('2026-11-24T19:05:14Z')).toBe('24.11.2026, 19:05:14 UTC');
    expect(listText(['a', 'b', 'c'])).toBe('a, b und c');
    expect(untranslated()).toEqual([]);
  });
  it('of a fact with a name in it is German around the name', () => {
    speak('de', german);
    expect(fact('a key of type ssh-dss')).toBe('ein Schlüssel vom Typ ssh-dss');
    expect(fact('the value of policy')).toBe('der Wert von policy');
    expect(fact('SE header, version')).toBe('SE-Header, Version');
    expect(fact('policy, line 3, column 5, secrets.0.name')).toBe('Richtlinie, Zeile 3, Spalte 5, secrets.0.name');
    expect(fact('policy, line 3, column 5, version')).toBe('Richtlinie, Zeile 3, Spalte 5, version');
    expect(fact('secret list, YAML, secrets')).toBe('Geheimnisliste, YAML, secrets');
    expect(fact('fleet table, line 2, cck')).toBe('Flottentabelle, Zeile 2, cck');
    expect(fact('attestation exchange file, size field')).toBe('Austauschdatei der Attestierung, Größenfeld');
    expect(fact('fleet.csv, line 7')).toBe('fleet.csv, Zeile 7');
    expect(fact('web-1.asr twice')).toBe('zweimal web-1.asr');
    expect(fact('aes, aes-xts or hmac for cck')).toBe('aes, aes-xts oder hmac für cck');
    expect(fact('ed25519 or ec-p256 or rsa-3072')).toBe('ed25519 oder ec-p256 oder rsa-3072');
    expect(fact('16 bytes or one line')).toBe('16 Bytes oder eine Zeile');
    expect(fact('no such thing twice')).toBe('no such thing twice');
    expect(fact('add-secret request, key slot: 5 bytes')).toBe('Add-Secret-Anforderung, Schlüsselplatz: 5 Bytes');
    expect(fact('db.key: 5 bytes')).toBe('db.key: 5 bytes');
    expect(fact('1 to 8 bytes')).toBe('1 bis 8 Bytes');
    expect(fact("neither a certificate authority nor IBM's signing key, with a key: RSA, 1024 bits")).toBe(
      'weder eine Zertifizierungsstelle noch der Signaturschlüssel von IBM, mit einem Schlüssel: RSA, 1024 Bit',
    );
  });
  it('of a fact keeps whatever was put in, and whatever it is nothing breaks', () => {
    speak('de', german);
    const put = fc.string({ unit: 'binary', maxLength: 30 }).map((x) => x.replace(/\n/g, ' '));
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(germanFacts)),
        fc.array(put, { minLength: 4, maxLength: 4 }),
        (message, parts) => {
          const marks: string[] = [];
          const text = message.replace(SLOT, (_, i) => {
            const mark = `\u27e6${marks.length}\u27e7`;
            marks.push(mark);
            return `${parts[i % 4]}${mark}${parts[(i + 1) % 4]}`;
          });
          const said = fact(text);
          expect(marks.filter((m) => !said.includes(m))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => typeof fact(text) === 'string'));
  });
  it('of facts that hold facts ends', () => {
    speak('de', { '{0}, part': 'Teil, {0}' });
    expect(fact(`whole${', part'.repeat(2000)}`).match(/Teil/g)).toHaveLength(4);
    expect(fact('whole, part, part')).toBe('Teil, Teil, whole');
  });
  it('that has no translation is said in English and remembered', () => {
    speak('de', {});
    expect(t('A sentence nobody translated.')).toBe('A sentence nobody translated.');
    expect(untranslated()).toEqual(['A sentence nobody translated.']);
  });
  it('with a value that is missing is a fault, not half a sentence', () => {
    expect(() => t('{a} and {b}', { a: 1 })).toThrow();
  });
});
