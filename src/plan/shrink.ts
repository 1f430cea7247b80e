import type { TocEntry } from '../archive/types.js';
import { entryTitle } from './definition.js';
import type { Unit } from './unit.js';

/** What a unit works on, for people: `TABLE DATA app.t`, or `TABLE DATA app.t and 41 more`. */
export function unitTitle(entries: readonly TocEntry[]): string {
  const [first] = entries;
  if (first === undefined) throw new RangeError('a unit needs an entry');
  return entryTitle(first) + (entries.length > 1 ? ` and ${entries.length - 1} more` : '');
}

/**
 * The units of a plan without some entries: a restore that failed at an object may go on without it. Finished units stay as
 * they are. Units that have nothing left to do are gone, and no other waits for them any more.
 */
export function withoutEntries(
  units: readonly Unit[],
  finished: ReadonlySet<string>,
  leftOut: ReadonlySet<number>,
  entries: readonly TocEntry[],
): Unit[] {
  const left = units.flatMap((unit) => {
    if (finished.has(unit.id) || !unit.dumpIds.some((dumpId) => leftOut.has(dumpId))) return unit;
    const dumpIds = unit.dumpIds.filter((dumpId) => !leftOut.has(dumpId));
    if (dumpIds.length === 0) return [];
    const title = unitTitle(entries.filter((entry) => dumpIds.includes(entry.dumpId)));
    return { ...unit, title, dumpIds, blocks: unit.blocks.filter((block) => !leftOut.has(block.dumpId)) };
  });
  const ids = new Set(left.map((unit) => unit.id));
  return left.map((unit) => ({ ...unit, after: unit.after.filter((id) => ids.has(id)) }));
}
