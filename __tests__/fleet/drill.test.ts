import { describe, expect, test } from '@jest/globals';
import { pickDrill, type DrillCandidate } from '../../src/fleet/drill.js';

const DAY_MS = 86_400_000;
const NOW = new Date('2026-11-29T05:23:00Z');

const daysAgo = (days: number): Date => new Date(NOW.getTime() - days * DAY_MS);

/** `proven` days ago; null: never. */
function candidate(database: string, proven: number | null, more: Partial<DrillCandidate> = {}): DrillCandidate {
  return {
    database,
    newest: { name: `of ${database}`, takenAt: NOW, sizeBytes: 1, rows: 1 },
    provenAt: proven === null ? null : daysAgo(proven),
    triedAt: null,
    drillEveryMs: null,
    ...more,
  };
}

function picked(candidates: DrillCandidate[], byInterval = false): string | null {
  return pickDrill(candidates, byInterval, NOW)?.database ?? null;
}

describe('what is restored on trial next', () => {
  test('the one whose proof is the oldest is next, and before it what was never proven, by name', () => {
    const all = [candidate('a', 3), candidate('b', 40), candidate('d', null), candidate('c', null)];
    expect(pickDrill(all, false, NOW)).toEqual({ database: 'c', backupName: 'of c', provenAt: null, triedAt: null });
    expect(picked(all.slice(0, 2))).toBe('b');
    expect(picked(all.slice(0, 1))).toBe('a');
  });

  test('one whose trial left no proof waits for its turn, as if it had been proven then', () => {
    const broken = candidate('broken', null, { triedAt: daysAgo(7) });
    const all = [broken, candidate('b', 14), candidate('c', 5), candidate('never', null)];
    expect(picked(all)).toBe('never');
    expect(picked(all.slice(0, 3))).toBe('b');
    expect(picked([broken, candidate('b', 6), candidate('c', 5)])).toBe('broken');
    expect(picked([candidate('a', 30, { triedAt: daysAgo(7) }), candidate('b', 14)])).toBe('b');
    // It is due all the same, and tried again as soon as nobody else is.
    const monthly = { drillEveryMs: 30 * DAY_MS };
    const due = candidate('due', 40, { ...monthly, triedAt: daysAgo(7) });
    expect(picked([due, candidate('b', 35, monthly), candidate('c', 3, monthly)], true)).toBe('b');
    expect(picked([due, candidate('b', 1, monthly), candidate('c', 3, monthly)], true)).toBe('due');
  });

  test('what has no complete backup is never next', () => {
    expect(picked([candidate('a', null, { newest: null }), candidate('b', 1)])).toBe('b');
    expect(picked([candidate('a', null, { newest: null })])).toBeNull();
    expect(picked([])).toBeNull();
  });

  test('where intervals are said, only those count whose time has come', () => {
    const monthly = { drillEveryMs: 30 * DAY_MS };
    const unsaid = candidate('unsaid', null);
    expect(picked([unsaid, candidate('a', 29.5, monthly), candidate('b', 20, monthly)], true)).toBe('a');
    expect(picked([unsaid, candidate('a', 28.9, monthly)], true)).toBeNull();
    expect(picked([unsaid, candidate('a', null, monthly)], true)).toBe('a');
    expect(picked([candidate('a', 6.5, { drillEveryMs: 7 * DAY_MS })], true)).toBe('a');
    expect(picked([candidate('a', 0.8, { drillEveryMs: DAY_MS })], true)).toBeNull();
  });
});
