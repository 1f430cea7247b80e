import { formatExact } from '../foundation/format.js';
import type { VerificationLine } from '../verify/verification-line.js';

const OBJECTS = 'objects: ';

/** The lines of a verification for the log: what differs each on its own, kinds of objects that are all there in one. */
export function verificationText(lines: readonly VerificationLine[]): string[] {
  const folded = lines.filter(({ check, ok }) => ok && check.startsWith(OBJECTS));
  const others = lines.filter((line) => !folded.includes(line));
  const kinds = folded.map(({ check, found }) => `${check.slice(OBJECTS.length)} ${formatExact(found)}`);
  const total = folded.reduce((sum, { expected }) => sum + expected, 0);
  const all = { check: 'objects', expected: total, found: total, ok: true, detail: kinds.join(', ') };
  return [...others, ...(folded.length > 0 ? [all] : [])].map(text);
}

/** `ok    rows: 300 of 300 (…)`. */
function text({ check, expected, found, ok, detail }: VerificationLine): string {
  return `${ok ? 'ok   ' : 'WRONG'} ${check}: ${formatExact(found)} of ${formatExact(expected)}${detail === '' ? '' : ` (${detail})`}`;
}
