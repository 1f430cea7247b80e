import type { parseWorkflow } from '@actions/workflow-parser';
import { parser } from './language.js';

/** `${{ … }}`, or a text with such parts in it, which the parser makes one expression of. */
export class Expression {
  constructor(readonly source: string) {}
}

/** A piece of a workflow file: YAML whose texts may be expressions. */
export type Node = string | number | boolean | null | Expression | readonly Node[] | Mapping;
export interface Mapping {
  readonly [key: string]: Node;
}

type Token = NonNullable<ReturnType<typeof parseWorkflow>['value']>;

/** What a token of GitHub's parser says. Throws for what this runner does not know (`${{ insert }}`, keys that are expressions). */
export function nodeOf(token: Token): Node {
  if (parser.isBasicExpression(token)) return new Expression(token.expression);
  if (parser.isMapping(token)) {
    const pairs = Array.from(token, ({ key, value }): [string, Node] => {
      if (!parser.isString(key)) throw new Error(`line ${String(key.line)}: a key that is no text is not known here`);
      return [key.value, nodeOf(value)];
    });
    return Object.fromEntries(pairs);
  }
  if (parser.isSequence(token)) return Array.from(token, nodeOf);
  if (parser.isString(token) || parser.isNumber(token) || parser.isBoolean(token)) return token.value;
  if (token.isLiteral) return null;
  throw new Error(`line ${String(token.line)}: a ${token.typeName()} is not known here`);
}

export function isMapping(node: Node | undefined): node is Mapping {
  return typeof node === 'object' && node !== null && !(node instanceof Expression) && !Array.isArray(node);
}

/**
 * The entries of a mapping (nothing counts as an empty one). Throws when it is something else, or has a key that this runner
 * does not know: what is not known is never skipped.
 */
export function mapping<Key extends string>(
  node: Node | undefined,
  where: string,
  known?: readonly Key[],
): Partial<Record<Key, Node>> {
  const entries = node ?? {};
  if (!isMapping(entries)) throw new Error(`${where}: not a mapping`);
  const strange = Object.keys(entries).filter((key) => known !== undefined && !known.some((name) => name === key));
  if (strange.length > 0) throw new Error(`${where}: the runner does not know ${strange.join(', ')}`);
  return entries as Partial<Record<Key, Node>>;
}

/** A literal text. */
export function literal(node: Node | undefined, where: string): string {
  if (typeof node === 'string') return node;
  if (typeof node === 'number' || typeof node === 'boolean') return String(node);
  throw new Error(`${where}: not a plain text`);
}

/** A text or a list of texts, as `needs` and `on` have them. */
export function literals(node: Node | undefined, where: string): string[] {
  if (node === undefined || node === null) return [];
  return Array.isArray(node) ? node.map((item: Node) => literal(item, where)) : [literal(node, where)];
}
