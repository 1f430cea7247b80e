import type { Value } from './expressions.js';

/** One leg of a matrix: a value for each of its names. */
export type Leg = Readonly<Record<string, Value>>;

/**
 * The legs of `strategy.matrix`: every combination, without those that `exclude` names, with what `include` adds to them or
 * beside them. Source: GitHub's "Running variations of jobs in a workflow".
 */
export function legsOf(matrix: Value): Leg[] {
  if (matrix === null) return [{}];
  if (typeof matrix !== 'object' || Array.isArray(matrix)) throw new Error('strategy.matrix: not a mapping');
  const { include = [], exclude = [], ...dimensions } = matrix as Record<string, Value>;
  let legs: Leg[] = Object.keys(dimensions).length === 0 ? [] : [{}];
  for (const [name, values] of Object.entries(dimensions)) {
    if (!Array.isArray(values) || values.length === 0)
      throw new Error(`strategy.matrix.${name}: not a list with values`);
    legs = legs.flatMap((leg) => values.map((value: Value) => ({ ...leg, [name]: value })));
  }
  const excluded = entriesOf(exclude, 'exclude');
  legs = legs.filter((leg) => !excluded.some((entry) => agree(entry, leg, Object.keys(entry))));

  // Only values of the matrix itself are compared: what one include adds another may replace.
  const originals = legs;
  for (const entry of entriesOf(include, 'include')) {
    const shared = Object.keys(entry).filter((key) => key in dimensions);
    const fits = originals.map((leg) => agree(entry, leg, shared));
    if (fits.includes(true)) legs = legs.map((leg, i) => (fits[i] === true ? { ...leg, ...entry } : leg));
    else legs = [...legs, entry];
  }
  if (legs.length === 0) throw new Error('strategy.matrix: no leg is left');
  return legs;
}

function agree(a: Leg, b: Leg, keys: readonly string[]): boolean {
  return keys.every((key) => JSON.stringify(a[key]) === JSON.stringify(b[key]));
}

function entriesOf(value: Value, what: string): Leg[] {
  if (!Array.isArray(value)) throw new Error(`strategy.matrix.${what}: not a list`);
  return value as Leg[];
}
