import { expressions } from './language.js';
import { Expression, isMapping, type Node } from './nodes.js';

/** A value of the language, as JSON has it. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value };

/**
 * What expressions see by name. A Strict context throws where GitHub gives nothing: a misspelt name in an example has to be
 * seen.
 */
export type Contexts = Readonly<Record<string, Value | Strict>>;

/** A context, or a part of one, that knows all its names. */
export class Strict {
  constructor(
    readonly title: string,
    readonly values: Readonly<Record<string, Value | Strict>>,
  ) {}
}

/** Functions beyond those that are pure: `always()`, `hashFiles()` … They get their arguments as text. */
export type Functions = Readonly<Record<string, (...args: string[]) => string | boolean>>;

export interface Scope {
  readonly contexts: Contexts;
  readonly functions: Functions;
}

type Data = ReturnType<InstanceType<typeof expressions.Evaluator>['evaluate']>;

class StrictDictionary extends expressions.data.Dictionary {
  constructor(readonly title: string) {
    super();
  }

  override get(key: string): Data | undefined {
    const value = super.get(key);
    if (value !== undefined) return value;
    throw new Error(
      `${this.title}.${key} is not known; known are: ${this.pairs()
        .map((pair) => pair.key)
        .join(', ')}`,
    );
  }
}

/** The value of an expression without its `${{ }}`. Throws with its text. */
export function evaluateExpression(source: string, { contexts, functions }: Scope): Value {
  try {
    const infos = Object.keys(functions).map((name) => ({ name: name.toLowerCase(), minArgs: 0, maxArgs: 255 }));
    const { tokens } = new expressions.Lexer(source).lex();
    const tree = new expressions.Parser(tokens, Object.keys(contexts), infos).parse();
    const known = new expressions.data.Dictionary();
    for (const [name, value] of Object.entries(contexts)) known.add(name, dataOf(value));
    const called = infos.map(({ name, ...info }) => {
      const call = (...args: Data[]) =>
        dataOf(functions[nameIn(functions, name)]?.(...args.map((arg) => arg.coerceString())) ?? null);
      return [name, { name, ...info, call }] as const;
    });
    return valueOf(new expressions.Evaluator(tree, known, new Map(called)).evaluate());
  } catch (error) {
    throw new Error(`in "${source}": ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}

/** A node with all its expressions evaluated. */
export function evaluate(node: Node | undefined, scope: Scope): Value {
  if (node === undefined) return null;
  if (node instanceof Expression) return evaluateExpression(node.source, scope);
  if (Array.isArray(node)) return node.map((item: Node) => evaluate(item, scope));
  if (isMapping(node))
    return Object.fromEntries(Object.entries(node).map(([key, item]) => [key, evaluate(item, scope)]));
  return node as string | number | boolean | null;
}

/** The same as text, as `env`, `with` and `run` get it. */
export function evaluateText(node: Node | undefined, scope: Scope): string {
  return textOf(evaluate(node, scope));
}

/** The values of a mapping. */
export function evaluateValues(node: Node | undefined, scope: Scope, where: string): Readonly<Record<string, Value>> {
  const value = evaluate(node, scope) ?? {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${where}: not a mapping`);
  return value as Readonly<Record<string, Value>>;
}

/** The same, each as text. */
export function evaluateTexts(node: Node | undefined, scope: Scope, where: string): Record<string, string> {
  const entries = Object.entries(evaluateValues(node, scope, where));
  return Object.fromEntries(entries.map(([key, item]) => [key, textOf(item)]));
}

/**
 * Whether an `if` lets its step or job run. Without a call of success(), failure(), cancelled() or always() it is bound to
 * success. Source: GitHub's "Evaluate expressions", status check functions.
 */
export function evaluateCondition(node: Node | undefined, scope: Scope): boolean {
  const source = node instanceof Expression ? node.source : textOf(evaluate(node, scope));
  const bare = source.replaceAll(/'(?:[^']|'')*'/g, "''");
  const own = /\b(?:success|failure|cancelled|always)\s*\(/i.test(bare);
  if (source.trim() === '') return isTruthy(evaluateExpression('success()', scope));
  return isTruthy(evaluateExpression(own ? source : `success() && (${source})`, scope));
}

export function textOf(value: Value): string {
  if (value === null) return '';
  if (typeof value === 'object') throw new Error(`not a text: ${JSON.stringify(value)}`);
  return String(value);
}

function isTruthy(value: Value): boolean {
  return value !== null && value !== false && value !== 0 && value !== '';
}

function nameIn(functions: Functions, lowerCase: string): string {
  return Object.keys(functions).find((name) => name.toLowerCase() === lowerCase) ?? lowerCase;
}

function dataOf(value: Value | Strict): Data {
  const { data } = expressions;
  if (value === null) return new data.Null();
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (Array.isArray(value)) return new data.Array(...value.map((item: Value) => dataOf(item)));
  const strict = value instanceof Strict;
  const dictionary = strict ? new StrictDictionary(value.title) : new data.Dictionary();
  const entries: [string, Value | Strict][] = Object.entries(strict ? value.values : value);
  for (const [key, item] of entries) dictionary.add(key, dataOf(item));
  return dictionary;
}

function valueOf(result: Data): Value {
  return JSON.parse(JSON.stringify(result, expressions.data.replacer)) as Value;
}
