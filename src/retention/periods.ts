/** Days, weeks and months of UTC, as words that are equal for times in the same one. */

const DAY_MS = 24 * 60 * 60 * 1000;

/** `2026-07-14`. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** `2026-W29`: ISO 8601's week, from Monday, of the year that its Thursday is in. */
export function weekOf(at: Date): string {
  const midnightMs = Date.UTC(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate());
  const daysSinceMonday = (at.getUTCDay() + 6) % 7;
  const thursday = new Date(midnightMs + (3 - daysSinceMonday) * DAY_MS);
  const daysIntoYear = (thursday.getTime() - Date.UTC(thursday.getUTCFullYear(), 0, 1)) / DAY_MS;
  const week = Math.floor(daysIntoYear / 7) + 1;
  return `${thursday.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

/** `2026-07`. */
export function monthOf(at: Date): string {
  return at.toISOString().slice(0, 7);
}
