/** The info YAML that stands beside a request: name and id, never the value. Source: spec pages "secrets", "generic-guest" 2.6. */
import * as z from 'zod';
import { type Bytes, fromUtf8, hex, unhex } from '../bytes.ts';
import { fail } from '../errors.ts';
import { fits } from '../schema.ts';
import { type KindRow, kindOfType, type SecretKind } from './kinds.ts';
import { ID_SIZE } from './secret.ts';
import { plainYaml, readYaml } from './yamlread.ts';
import { yamlText } from './yamltext.ts';

/** Largest info file read, in bytes. */
export const INFO_MAX = 64 * 1024;

const F = 'secret information';

/** The text for a listed kind, as the reference writes it. Association has no kind line. */
export const infoYaml = (row: KindRow, name: string, id: Bytes): string => {
  const head = row.kind === 'association' ? '!Association\n' : `!Retrievable\nkind: ${row.type} (${row.label})\n`;
  return `${head}name: ${yamlText(name)}\nid: ${yamlText(`0x${hex(id)}`)}\n`;
};

/**
 * Name of the file, as the reference makes it of a secret's name: white space becomes `_`, and the ending is *set*, so that what
 * follows the last dot is lost and two names can give one file.
 * @throws bad-name for a name with a directory part, and for one that gives no file name
 */
export const infoFileName = (name: string): string => {
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    fail(
      'bad-name',
      'secret name',
      name === '' ? 'an empty name' : name.slice(0, 80),
      'a name that makes a file name, without /',
    );
  const mapped = name.replace(/\p{White_Space}/gu, '_');
  const dot = mapped.lastIndexOf('.');
  return `${dot > 0 ? mapped.slice(0, dot) : mapped}.yaml`;
};

/** What an info file says. */
export interface SecretInfo {
  readonly kind: SecretKind;
  readonly name: string;
  /** 32 bytes */
  readonly id: Bytes;
}

const hexId = z.string().regex(/^0x[0-9a-fA-F]{64}$/, '0x and 64 hex digits');

/** A retrievable kind, read by the number before the first space, as the reference does. */
const readKind = (text: string): SecretKind => {
  const number = /^(\d{1,5}) /.exec(text)?.[1];
  const row = number === undefined ? undefined : kindOfType(Number(number));
  return row?.retrievable
    ? row.kind
    : fail('bad-value', `${F}, kind`, text.slice(0, 40), 'a number of a retrievable kind, a space, its name');
};

const association = z.strictObject({ name: z.string(), id: hexId });
const retrievable = z.strictObject({ kind: z.string(), name: z.string(), id: hexId });

/**
 * Reads an info file, whoever wrote it.
 * @throws empty, too-long over 64 KiB, bad-encoding, not-recognised, missing-field, unknown-field, duplicate, bad-value
 */
export const readInfoYaml = (bytes: Bytes): SecretInfo => {
  if (bytes.length === 0) fail('empty', F, '0 bytes', 'YAML with the name and id of a secret');
  if (bytes.length > INFO_MAX) fail('too-long', F, `${bytes.length} bytes`, `at most ${INFO_MAX} bytes`);
  const { tag, root } = readYaml(fromUtf8(bytes, F), F);
  const value = plainYaml(root);
  if (tag === 'Association') {
    const { name, id } = fits(association, value, F);
    return { kind: 'association', name, id: unhex(id.slice(2), `${F}, id`, ID_SIZE) };
  }
  if (tag !== 'Retrievable') return fail('not-recognised', F, 'another first line', '!Association or !Retrievable');
  const { kind, name, id } = fits(retrievable, value, F);
  return { kind: readKind(kind), name, id: unhex(id.slice(2), `${F}, id`, ID_SIZE) };
};
