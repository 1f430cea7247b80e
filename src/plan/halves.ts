import type { Unit } from './unit.js';

/** Two units in the place of one, for a server that cannot do it at once. */
export interface Halves {
  /** New in the plan, and done first. */
  first: Unit;
  /** Keeps the id: what waits for the unit waits for this half, and this one waits for the first. */
  rest: Unit;
}

/**
 * A unit in two, in its own order; null for one of a single entry. Nothing holds entries of a unit together but that one
 * transaction is cheaper than two: any smaller limit of packing would have cut it as well.
 */
export function halvesOf(unit: Unit, titleOf: (dumpIds: readonly number[]) => string): Halves | null {
  const { id, blocks, weightBytes } = unit;
  const [firstId] = unit.dumpIds;
  if (firstId === undefined || unit.dumpIds.length < 2) return null;
  const count = Math.ceil(unit.dumpIds.length / 2);
  const dumpIds = unit.dumpIds.slice(0, count);
  const first = {
    ...unit,
    // A dump id is in one unit only, where that one has several: no other unit gets this name.
    id: `${id}/${firstId}`,
    title: titleOf(dumpIds),
    dumpIds,
    blocks: blocks.filter((block) => dumpIds.includes(block.dumpId)),
    weightBytes: Math.round((weightBytes * count) / unit.dumpIds.length),
  };
  return { first, rest: restOf(unit, first, titleOf(unit.dumpIds.slice(count))) };
}

/** A unit without its first half, for which it waits; unchanged when it is that already. */
export function restOf(unit: Unit, first: Unit, title: string): Unit {
  const done = new Set(first.dumpIds);
  if (!unit.dumpIds.some((dumpId) => done.has(dumpId))) return unit;
  return {
    ...unit,
    title,
    dumpIds: unit.dumpIds.filter((dumpId) => !done.has(dumpId)),
    blocks: unit.blocks.filter(({ dumpId }) => !done.has(dumpId)),
    weightBytes: unit.weightBytes - first.weightBytes,
    after: [...unit.after, first.id],
  };
}
