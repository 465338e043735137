/** The secret arguments of a call: wiped when it is over, whatever became of it, also when it was refused at the door. */
import * as z from 'zod';
import { type Bytes, wipe } from '../core/bytes.ts';
import { type Channel, CONTRACT, secretBytes } from './contract.ts';

/** What the schema calls secret in a value that may not be as the schema says. */
const secretsIn = (schema: unknown, value: unknown): Bytes[] => {
  if (schema === secretBytes) return value instanceof Uint8Array ? [value] : [];
  if (schema instanceof z.ZodNullable) return secretsIn(schema.unwrap(), value);
  if (!(schema instanceof z.ZodObject) || typeof value !== 'object' || value === null) return [];
  return Object.entries(schema.shape).flatMap(([key, s]) => secretsIn(s, (value as Record<string, unknown>)[key]));
};

/** @param args as they came, before they are validated */
export const wipeSecretArgs = (channel: Channel, args: unknown): void => wipe(...secretsIn(CONTRACT[channel].args, args));
