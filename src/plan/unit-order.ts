import type { TocGraph } from './toc-graph.js';
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

/** Writes down which units wait for which. */
export function connect(units: readonly Unit[], graph: TocGraph): void {
  // A block that is cut has several: whatever depends on it waits for all of them.
  const unitsOf = grouped(units.flatMap((unit) => unit.dumpIds.map((dumpId) => [dumpId, unit] as const)));
  const waits = units.flatMap((unit) => dumpIdsBefore(unit, graph).map((dumpId) => [dumpId, unit] as const));
  const after = new Map(units.map((unit) => [unit, new Set<string>()]));
  for (const [dumpId, waiting] of grouped(waits)) {
    const slices = unitsOf.get(dumpId) ?? [];
    const [last, ...others] = slices.toReversed();
    if (last === undefined) continue;
    // Thousands would wait for thousands: the last slice waits for the others, and everybody for that one.
    const isJoined = waiting.length > 1;
    for (const { id } of isJoined ? others : []) after.get(last)?.add(id);
    for (const unit of waiting) for (const { id } of isJoined ? [last] : slices) after.get(unit)?.add(id);
  }
  for (const unit of units) {
    after.get(unit)?.delete(unit.id);
    unit.after = [...(after.get(unit) ?? [])];
  }
}

/** What the entries of a unit wait for, each once. */
function dumpIdsBefore({ dumpIds }: Unit, graph: TocGraph): number[] {
  const before = new Set<number>();
  for (const dumpId of dumpIds) {
    const entry = graph.byId.get(dumpId);
    for (const dependency of entry === undefined ? [] : graph.waitsFor(entry)) {
      if (graph.positionOf(dependency.dumpId) < graph.positionOf(dumpId)) before.add(dependency.dumpId);
    }
  }
  return [...before];
}

/** As Map.groupBy, of pairs. */
function grouped(pairs: readonly (readonly [number, Unit])[]): Map<number, Unit[]> {
  const groups = new Map<number, Unit[]>();
  for (const [key, unit] of pairs) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [unit]);
    else group.push(unit);
  }
  return groups;
}
