import { entryTitle } from '../archive/entry-title.js';
import type { TocEntry } from '../archive/types.js';
import type { Unit } from './unit.js';

/** What a unit works on, for people: `TABLE DATA app.t`, or `TABLE DATA app.t and 41 more`. */
export function unitTitle(entries: readonly TocEntry[]): string {
  const [first] = entries;
  if (first === undefined) throw new RangeError('a unit needs an entry');
  return entryTitle(first) + (entries.length > 1 ? ` and ${entries.length - 1} more` : '');
}

/**
 * The units of a plan without some entries: a restore that failed at an object may go on without it. Finished units stay as
 * they are. Units that have nothing left to do are gone; what waited for them waits for what they waited for, so that an order
 * that leads through them holds.
 */
export function withoutEntries(
  units: readonly Unit[],
  finished: ReadonlySet<string>,
  leftOut: ReadonlySet<number>,
  entries: readonly TocEntry[],
): Unit[] {
  const entryOf = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const left = units.flatMap((unit) => {
    if (finished.has(unit.id) || !unit.dumpIds.some((dumpId) => leftOut.has(dumpId))) return unit;
    const dumpIds = unit.dumpIds.filter((dumpId) => !leftOut.has(dumpId));
    if (dumpIds.length === 0) return [];
    const title = unitTitle(dumpIds.flatMap((dumpId) => entryOf.get(dumpId) ?? []));
    return { ...unit, title, dumpIds, blocks: unit.blocks.filter((block) => !leftOut.has(block.dumpId)) };
  });
  const ids = new Set(left.map((unit) => unit.id));
  const gone = new Map(units.filter((unit) => !ids.has(unit.id)).map((unit) => [unit.id, unit]));
  return left.map((unit) => ({
    ...unit,
    after: unit.after.every((id) => ids.has(id)) ? unit.after : waits(unit, gone),
  }));
}

/** Ids of the units that are left and stand before this one, also by way of such as are gone. */
function waits(unit: Unit, gone: ReadonlyMap<string, Unit>): string[] {
  const seen = new Set(unit.after);
  for (const id of seen) for (const before of gone.get(id)?.after ?? []) seen.add(before);
  return [...seen].filter((id) => !gone.has(id));
}
