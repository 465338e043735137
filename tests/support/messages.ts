/** Finds what is said to people in the sources: messages of `t`, tables marked with `said`, and the facts that core states. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'rolldown/parseAst';

const ROOT = join(import.meta.dirname, '..', '..');

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A message and where it is said. */
export interface Said {
  readonly message: string;
  readonly file: string;
}

const isNode = (x: unknown): x is Node => typeof x === 'object' && x !== null && typeof (x as Node).type === 'string';

function* walk(node: Node): Generator<Node> {
  yield node;
  for (const value of Object.values(node)) for (const x of Array.isArray(value) ? value : [value]) if (isNode(x)) yield* walk(x);
}

/** Text of a string or of a template; what is put in stands as {0}, {1}. undefined: something else */
const textOf = (node: Node): string | undefined => {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type !== 'TemplateLiteral') return undefined;
  const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
  return quasis.map((q, i) => (i === 0 ? '' : `{${i - 1}}`) + q.value.cooked).join('');
};

/** All texts that an expression can be, through conditions and alternatives. */
const textsOf = (node: Node): string[] => {
  const own = textOf(node);
  if (own !== undefined) return [own];
  const parts =
    node.type === 'ConditionalExpression'
      ? [node.consequent, node.alternate]
      : node.type === 'LogicalExpression'
        ? [node.left, node.right]
        : [];
  return parts.filter(isNode).flatMap(textsOf);
};

/** The strings of a table, at any depth; its keys are not among them. */
const tableTexts = (node: Node): string[] => {
  const own = textsOf(node);
  if (own.length > 0) return own;
  switch (node.type) {
    case 'ObjectExpression':
      return (node.properties as Node[]).flatMap((p) => (isNode(p.value) ? tableTexts(p.value) : []));
    case 'ArrayExpression':
      return (node.elements as Node[]).filter(isNode).flatMap(tableTexts);
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return tableTexts(node.expression as Node);
    default:
      return [];
  }
};

const filesOf = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile() && /\.tsx?$/.test(f.name) && !f.name.endsWith('.d.ts'))
    .map((f) => join(f.parentPath, f.name).slice(ROOT.length + 1))
    .filter((f) => !f.startsWith('words/locales/'));

const nodesOf = (file: string): Node[] => [
  ...walk(parseAst(readFileSync(join(ROOT, file), 'utf8'), { lang: file.endsWith('x') ? 'tsx' : 'ts' }) as unknown as Node),
];

/** The name a call goes by: `say` of say(…) and of j.say(…). */
const calledName = (callee: Node): unknown =>
  callee.type === 'MemberExpression' ? (callee.property as Node).name : callee.type === 'Identifier' ? callee.name : undefined;

const callsOf = (nodes: readonly Node[], name: string): Node[][] =>
  nodes.filter((n) => n.type === 'CallExpression' && calledName(n.callee as Node) === name).map((n) => n.arguments as Node[]);

/** Every message of the window and of its main side. */
export const messagesSaid = (): Said[] =>
  ['words', 'electron', 'renderer'].flatMap(filesOf).flatMap((file) => {
    const nodes = nodesOf(file);
    const direct = callsOf(nodes, 't').flatMap(([first]) => (first ? textsOf(first) : []));
    const tables = callsOf(nodes, 'said').flatMap(([table]) => (table ? tableTexts(table) : []));
    return [...direct, ...tables].filter((m) => m !== '').map((message) => ({ message, file }));
  });

/** Functions of core that state facts: of errors and traps, and those that checks are made with. */
const STATING = ['fail', 'trap', 'say', 'bad', 'must', 'broken', 'answer', 'compare', 'claim', 'attempt', 'usedTwice'];
const FACTS = ['found', 'expected', 'field'];

/** Texts of what is handed over, also of what is computed on the spot; documents and numbers of rules are among them. */
const argumentTexts = (calls: readonly Node[][]): string[] => calls.flatMap((a) => a.filter(isNode).flatMap(textsOf));

/** Where a check has its facts as `const found = …`. */
const declared = (nodes: readonly Node[]): Node[] =>
  nodes
    .filter((n) => n.type === 'VariableDeclarator' && FACTS.includes(String((n.id as Node).name)))
    .map((n) => n.init)
    .filter(isNode);

/** How facts begin when they are nouns; tables and constants hold such, too. */
const NOUN = /^(?:an?|no|another|other|at least|at most|more than|several) [a-zA-Z{]/;

/** Texts for formats, for what the reference tools print and for samples: no facts. */
const NO_FACTS = [
  'core/formats.ts',
  'core/uvsim/codes.ts',
  'core/guestsim/',
  'core/sample/',
  'core/policy/templates.ts',
  'electron/shells/',
];

const nounsIn = (file: string, nodes: readonly Node[]): string[] =>
  NO_FACTS.some((f) => file.startsWith(f)) ? [] : nodes.flatMap((n) => textOf(n) ?? []).filter((text) => NOUN.test(text));

/**
 * What core and Node's side state as facts of errors, findings and traps: the field, what was found, what was expected. What is put
 * into a text stands as {0}, {1}.
 */
export const factsStated = (): Said[] =>
  ['core', 'edge', 'electron'].flatMap(filesOf).flatMap((file) => {
    const nodes = nodesOf(file);
    const called = STATING.flatMap((name) => callsOf(nodes, name));
    const named = nodes
      .filter((n) => n.type === 'Property' && FACTS.includes(String((n.key as Node).name)))
      .map((n) => n.value as Node);
    return [...argumentTexts(called), ...nounsIn(file, nodes), ...[...named, ...declared(nodes)].filter(isNode).flatMap(textsOf)]
      .filter((m) => m !== '')
      .map((message) => ({ message, file }));
  });
