/** The policy's JSON Schema, for editors and other programs: made from the schema that the reader uses. docs/policy.schema.json is this. */
import * as z from 'zod';
import { policySchema } from './schema.ts';

/** Draft 2020-12, of what a document may say: fields with a default may be left out. */
export const policyJsonSchema = (): Record<string, unknown> => {
  const { $schema, ...schema } = z.toJSONSchema(policySchema, { io: 'input', target: 'draft-2020-12' });
  return {
    $schema,
    title: 'Personalization policy of a Secure Execution guest',
    description:
      'What a guest must get, without any value. The rules P02 to P16 go beyond what a schema can say: "selwright policy check" looks at them.',
    ...schema,
  };
};
