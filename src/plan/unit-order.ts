import type { Unit } from './unit.js';

/** Each unit waits for the one before it. */
export function chain(units: Unit[]): Unit[] {
  for (const [index, unit] of units.entries()) {
    const before = units[index - 1];
    if (before !== undefined) unit.after = [before.id];
  }
  return units;
}

/**
 * Those that are `isLast`, and those that wait for one of them, wait for all others and then run one after the other, in the order
 * given: in that no unit stands before one that it waits for.
 */
export function lastInOrder(units: readonly Unit[], isLast: (unit: Unit) => boolean): Unit[] {
  const lastIds = new Set<string>();
  for (const unit of units) if (isLast(unit) || unit.after.some((id) => lastIds.has(id))) lastIds.add(unit.id);
  const [others, last] = [units.filter(({ id }) => !lastIds.has(id)), units.filter(({ id }) => lastIds.has(id))];
  const [first] = last;
  chain(last);
  if (first !== undefined) first.after = others.map(({ id }) => id);
  return [...others, ...last];
}
