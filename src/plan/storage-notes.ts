import type { TocEntry } from '../archive/types.js';
import { plural } from '../foundation/format.js';

/** What is stored in another place or way than at the source, because it was not asked for: a line for each of them. */
export function storageNotes(
  entries: readonly TocEntry[],
  settings: { keepTablespaces: boolean; keepAccessMethods: boolean },
): string[] {
  const { keepTablespaces, keepAccessMethods } = settings;
  const moved = keepTablespaces ? [] : countBy(entries.map((entry) => entry.tablespace));
  const methods = entries.map((entry) => (entry.tableAccessMethod === 'heap' ? '' : entry.tableAccessMethod));
  const changed = keepAccessMethods ? [] : countBy(methods);
  return [
    ...moved.map(
      ([name, count]) =>
        `${plural(count, 'object')} of tablespace ${name} will be in the default one: keep-tablespaces is false`,
    ),
    ...changed.map(
      ([name, count]) =>
        `${plural(count, 'table')} of access method ${name} will have the default one: keep-access-methods is false`,
    ),
  ];
}

/** How often each name is there; the empty one is none. */
function countBy(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) if (name !== '') counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}
