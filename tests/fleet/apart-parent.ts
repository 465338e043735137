/** A program that makes a fleet in a process of its own, to be killed: apart-parent.mjs PLACE FLEET-PROGRAM. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readFleetTable } from '../../core/fleet/table.ts';
import { findHeader } from '../../core/image/find.ts';
import { startFleetApart } from '../../edge/fleetapart.ts';
import { header, hostKeys, policy } from '../support/tenant.ts';

const [root = '', program = ''] = process.argv.slice(2);
const input = {
  table: readFleetTable(new Uint8Array(readFileSync(join(root, 'table.csv'))), policy),
  policy,
  header: findHeader(header).header,
  hostKeys,
  values: join(root, 'values'),
  output: join(root, 'out'),
  strict: false,
  tool: 'selwright test',
};
await startFleetApart(input, pathToFileURL(program)).done;
