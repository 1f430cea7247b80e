import { formatExact, plural } from '../foundation/format.js';
import type { VerificationLine } from './verification-line.js';

/** How the rows of a table differ: their number, themselves, or nobody can say. */
export type Unlike = 'missing' | 'other rows' | { before: number; now: number } | { reason: string };

/** What the comparison of all tables has found. */
export interface ComparedContents {
  /** Tables that can be compared by what the archive says. */
  total: number;
  unlike: { sqlName: string; difference: Unlike }[];
  /** Reason -> what is not compared. */
  notCompared: ReadonlyMap<string, readonly string[]>;
}

const SHOWN = 5;

/** Pure: one line of the verification. */
export function contentsLine({ total, unlike, notCompared }: ComparedContents): VerificationLine {
  const left = new Map([...notCompared].map(([reason, names]) => [reason, [...names]]));
  const wrong: string[] = [];
  let unknown = 0;
  for (const { sqlName, difference } of unlike) {
    if (typeof difference === 'object' && 'reason' in difference) {
      unknown += 1;
      left.set(difference.reason, [...(left.get(difference.reason) ?? []), sqlName]);
    } else wrong.push(`${sqlName} ${inWords(difference)}`);
  }
  const notes = [...left].map(([reason, names]) => `${reason}: ${shown(names)}`);
  const expected = total - unknown;
  return {
    check: 'contents of tables',
    expected,
    found: expected - wrong.length,
    ok: wrong.length === 0,
    detail: wrong.length > 0 ? shown(wrong) : notes.length === 0 ? '' : `not compared, ${notes.join('; ')}`,
  };
}

function inWords(difference: Exclude<Unlike, { reason: string }>): string {
  if (difference === 'missing') return 'is missing';
  if (difference === 'other rows') return 'has as many rows, but others';
  return `has ${formatExact(difference.now)} of ${plural(difference.before, 'row')}`;
}

function shown(names: readonly string[]): string {
  const more = names.length - SHOWN;
  return names.slice(0, SHOWN).join(', ') + (more > 0 ? ` and ${formatExact(more)} more` : '');
}
