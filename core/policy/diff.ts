/**
 * The difference between two policies, complete: two policies with different hashes never have an empty one. Fields are named by
 * types that come out of the schema, so that words/diff.ts cannot forget one.
 */
import { canonicalJson } from '../canonical.ts';
import type { Policy, PolicyPublic, PolicySecret } from './schema.ts';

type Scalar = string | number | boolean;
type Leaf<V> = V extends Scalar ? 'scalar' : V extends readonly Scalar[] ? 'list' : 'group';
/** Dotted paths of every field of T that holds a scalar (or a list of scalars); of every variant of a union. */
type Paths<T, L extends 'scalar' | 'list'> = T extends unknown
  ? {
      [K in keyof T & string]-?: Leaf<NonNullable<T[K]>> extends L
        ? K
        : Leaf<NonNullable<T[K]>> extends 'group'
          ? `${K}.${Paths<NonNullable<T[K]>, L>}`
          : never;
    }[keyof T & string]
  : never;
type Fields<L extends 'scalar' | 'list'> =
  | Paths<Omit<Policy, 'secrets' | 'public'>, L>
  | `secrets.${Paths<PolicySecret, L>}`
  | `public.${Paths<PolicyPublic, L>}`;

/** Every field that holds one value. A field of an entry is named by its list: secrets.apply.mode. */
export type ScalarField = Fields<'scalar'>;
/** Every field that holds a list of values. */
export type ListField = Fields<'list'>;

export type EntryList = 'secrets' | 'public';

/** One change. `entry` is the name of the secret or public entry it is in. */
export type PolicyChange =
  | {
      readonly kind: 'field';
      readonly field: ScalarField;
      readonly entry?: string;
      /** undefined: it was, or is, not there */
      readonly before?: Scalar | undefined;
      readonly after?: Scalar | undefined;
    }
  | {
      readonly kind: 'list';
      readonly field: ListField;
      readonly entry?: string;
      readonly added: readonly Scalar[];
      readonly removed: readonly Scalar[];
      /** both empty: only the order is another */
      readonly before: readonly Scalar[];
      readonly after: readonly Scalar[];
    }
  | { readonly kind: 'added' | 'removed'; readonly list: 'secrets'; readonly entry: string; readonly secret: PolicySecret }
  | { readonly kind: 'added' | 'removed'; readonly list: 'public'; readonly entry: string; readonly public: PolicyPublic }
  | { readonly kind: 'order'; readonly list: EntryList };

type Tree = { readonly [key: string]: unknown };
const isTree = (v: unknown): v is Tree => typeof v === 'object' && v !== null && !Array.isArray(v);

/** What is in `a` and not in `b`, each as often as it is too many. */
const without = (a: readonly Scalar[], b: readonly Scalar[]): Scalar[] => {
  const rest = [...b];
  return a.filter((v) => {
    const at = rest.indexOf(v);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
};

/** Field by field; what is a group on one side only is compared with an empty one. */
const fields = (before: unknown, after: unknown, path: string, entry: string | undefined): PolicyChange[] => {
  const where = entry === undefined ? {} : { entry };
  if (isTree(before) || isTree(after)) {
    const [a, b] = [isTree(before) ? before : {}, isTree(after) ? after : {}];
    const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
    return keys.flatMap((k) => fields(a[k], b[k], path === '' ? k : `${path}.${k}`, entry));
  }
  if (Array.isArray(before) || Array.isArray(after)) {
    const [a, b] = [(before ?? []) as Scalar[], (after ?? []) as Scalar[]];
    if (a.length === b.length && a.every((v, i) => v === b[i])) return [];
    return [
      { kind: 'list', field: path as ListField, ...where, added: without(b, a), removed: without(a, b), before: a, after: b },
    ];
  }
  return before === after
    ? []
    : [
        {
          kind: 'field',
          field: path as ScalarField,
          ...where,
          before: before as Scalar | undefined,
          after: after as Scalar | undefined,
        },
      ];
};

/** Entries under a key of their own: the name, and how often it stood there before (a broken policy may have it twice). */
const keyed = <T extends { readonly name: string }>(entries: readonly T[]): Map<string, T> => {
  const out = new Map<string, T>();
  for (const e of entries) {
    let n = 0;
    while (out.has(`${n} ${e.name}`)) n++;
    out.set(`${n} ${e.name}`, e);
  }
  return out;
};

const entries = <T extends PolicySecret | PolicyPublic>(
  list: EntryList,
  before: readonly T[],
  after: readonly T[],
  whole: (kind: 'added' | 'removed', entry: T) => PolicyChange,
): PolicyChange[] => {
  const [a, b] = [keyed(before), keyed(after)];
  const common = (of: Map<string, T>, other: Map<string, T>): string => canonicalJson([...of.keys()].filter((k) => other.has(k)));
  return [
    ...[...a].filter(([k]) => !b.has(k)).map(([, e]) => whole('removed', e)),
    ...[...b].filter(([k]) => !a.has(k)).map(([, e]) => whole('added', e)),
    ...[...a].flatMap(([k, e]) => {
      const other = b.get(k);
      return other === undefined ? [] : fields(e, other, list, e.name);
    }),
    ...(common(a, b) === common(b, a) ? [] : [{ kind: 'order' as const, list }]),
  ];
};

/** Every change from one policy to the other. Empty when, and only when, they are the same policy. */
export const diffPolicies = (before: Policy, after: Policy): PolicyChange[] => {
  const { secrets: secretsBefore, public: publicBefore, ...headBefore } = before;
  const { secrets: secretsAfter, public: publicAfter, ...headAfter } = after;
  return [
    ...fields(headBefore, headAfter, '', undefined),
    ...entries('secrets', secretsBefore, secretsAfter, (kind, secret) => ({ kind, list: 'secrets', entry: secret.name, secret })),
    ...entries('public', publicBefore, publicAfter, (kind, p) => ({ kind, list: 'public', entry: p.name, public: p })),
  ];
};
