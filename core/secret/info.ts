/** The info YAML that stands beside a request: name and id, never the value. Source: spec page "secrets". */
import { stringify } from 'yaml';
import { type Bytes, hex } from '../bytes.ts';
import type { KindRow } from './kinds.ts';

/** The text for a listed kind, as the reference writes it. Association has no kind line. */
export const infoYaml = (row: KindRow, name: string, id: Bytes): string => {
  const fields = stringify({ name }, { lineWidth: 0 });
  const head = row.kind === 'association' ? '!Association\n' : `!Retrievable\nkind: ${row.type} (${row.label})\n`;
  return `${head}${fields}id: 0x${hex(id)}\n`;
};
