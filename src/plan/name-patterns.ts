/** Names that users write with `*` and `?`, as regular expressions (src/inputs/name-pattern.ts). */
import { betweenStars } from '../foundation/wildcards.js';

/** True when the pattern is the whole name. */
export function matchesWhole(pattern: string, name: string): boolean {
  // A star that means itself has a backslash before it.
  return betweenStars(pattern.split('.*'), 's').test(name);
}

/** So many names are offered in place of one that matches nothing. */
const OFFERED = 5;

/** Titles of those whose names are like that of a pattern which matches nothing, the nearest first. */
export function nearTitles(pattern: string, candidates: readonly { name: string; title: string }[]): string[] {
  const wanted = plainName(pattern);
  return candidates
    .map(({ name, title }) => ({ name: name.toLowerCase(), title, distance: distanceOf(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, wanted.length / 3) || name.includes(wanted))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, OFFERED)
    .map(({ title }) => title);
}

/** The end of a message about what matches nothing; empty where no name is near. */
export function didYouMean(titles: readonly string[]): string {
  return titles.length === 0 ? '' : `: did you mean ${titles.map((title) => `\`${title}\``).join(', ')}?`;
}

/** The letters of a pattern. */
function plainName(pattern: string): string {
  return pattern.replace(/\.\*|\\/g, '').toLowerCase();
}

/** Letters to change, add or take away until one name is the other (Levenshtein). */
function distanceOf(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, letter] of Array.from(a).entries()) {
    const next = [i + 1];
    for (const [j, other] of Array.from(b).entries()) {
      const changed = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(changed, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
