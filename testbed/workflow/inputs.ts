import { evaluate, textOf, type Scope, type Value } from './expressions.js';
import { literals, mapping, type Node } from './nodes.js';

const KEYS = ['description', 'required', 'default', 'type', 'options', 'deprecationMessage'] as const;

/**
 * The inputs of a run that somebody starts by hand, or of a workflow that another one calls: what is given, else its default,
 * else the empty value of its type. Throws for an input that is not declared, one that is required and missing, and a value of
 * another type: GitHub refuses all three.
 */
export function inputsOf(
  declared: Node | undefined,
  given: Readonly<Record<string, Value>>,
  scope: Scope,
  where: string,
): Record<string, Value> {
  const definitions = mapping(declared, where);
  for (const name of Object.keys(given)) {
    if (!(name in definitions)) throw new Error(`${where}: no input ${name} is declared`);
  }
  return Object.fromEntries(
    Object.entries(definitions).map(([name, node]) => {
      const definition = mapping(node, `${where}: input ${name}`, KEYS);
      const type = typeof definition.type === 'string' ? definition.type : 'string';
      const value = given[name];
      if (value === undefined || value === null || value === '') {
        if (definition.required === true && definition.default === undefined)
          throw new Error(`${where}: input ${name} is required`);
      }
      const chosen = value ?? (definition.default === undefined ? emptyOf(type) : evaluate(definition.default, scope));
      const options = literals(definition.options, `${where}: options of ${name}`);
      return [name, typed(chosen, type, options, `${where}: input ${name}`)];
    }),
  );
}

function typed(value: Value, type: string, options: readonly string[], where: string): Value {
  switch (type) {
    case 'string':
    case 'environment':
      return textOf(value);
    case 'choice':
      if (options.includes(textOf(value))) return textOf(value);
      throw new Error(`${where}: ${textOf(value)} is none of ${options.join(', ')}`);
    case 'boolean':
    case 'number':
      // `${{ vars.PORT }}` is text: GitHub wants fromJSON() around it.
      if (typeof value === type) return value;
      throw new Error(`${where}: ${JSON.stringify(value)} is no ${type}`);
    default:
      throw new Error(`${where}: the runner does not know the type ${type}`);
  }
}

function emptyOf(type: string): Value {
  return type === 'boolean' ? false : type === 'number' ? 0 : '';
}

/** The secrets that a called workflow sees: those that it declares, as given or empty. */
export function secretsOf(
  declared: Node | undefined,
  given: Readonly<Record<string, string>>,
  where: string,
): Record<string, string> {
  const definitions = mapping(declared, where);
  for (const name of Object.keys(given)) {
    if (!(name in definitions)) throw new Error(`${where}: no secret ${name} is declared`);
  }
  return Object.fromEntries(
    Object.entries(definitions).map(([name, node]) => {
      const { required } = mapping(node, `${where}: secret ${name}`, ['description', 'required']);
      if (required === true && !given[name]) throw new Error(`${where}: secret ${name} is required`);
      return [name, given[name] ?? ''];
    }),
  );
}
