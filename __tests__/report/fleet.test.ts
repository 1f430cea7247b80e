import { describe, expect, test } from '@jest/globals';
import { formatAge } from '../../src/foundation/format.js';
import { MATRIX_JOBS, matrixOutput, statusOutput } from '../../src/report/fleet-output.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import type { DatabaseLine, FleetLine, StatusLine } from '../../src/report/run-report.js';
import { renderSummary } from '../../src/report/summary.js';

const HOSTILE = 'a"|`<b>\n::error::🚀';

function databaseLine(database: string, more: Partial<DatabaseLine> = {}): DatabaseLine {
  return {
    database,
    state: 'due',
    reason: '',
    due: true,
    rule: '*',
    sizeBytes: 1024,
    estimatedBytes: 1024,
    newestBackup: null,
    takenAt: null,
    ageSeconds: null,
    ...more,
  };
}

function statusLine(database: string, more: Partial<StatusLine> = {}): StatusLine {
  return {
    database,
    state: 'ok',
    reason: '',
    newestBackup: 'b',
    takenAt: '2026-11-27T12:00:00Z',
    ageSeconds: 93_600,
    sizeBytes: 1024,
    sizeBefore: null,
    rows: 12,
    rowsBefore: null,
    shrunkTables: [],
    leftovers: 0,
    provenAt: null,
    triedAt: null,
    ...more,
  };
}

const many = <T>(count: number, line: (name: string) => T): T[] =>
  Array.from({ length: count }, (_, number) => line(`db${number}`));

describe('outputs of many databases', () => {
  test('the output matrix has the first 256 of 300 that are due, and counts the others', () => {
    const lines = [databaseLine('idle', { due: false, state: 'not due' }), ...many(300, databaseLine)];
    const { json, leftOut } = matrixOutput(lines);
    const { include } = JSON.parse(json) as { include: { database: string }[] };
    expect(include.map(({ database }) => database)).toEqual(many(MATRIX_JOBS, (name) => name));
    expect(leftOut).toBe(44);
    expect(include[0]).toEqual({ database: 'db0', due: true, sizeBytes: 1024, newestBackup: null, ageSeconds: null });
    expect(matrixOutput([]).json).toBe('{"include":[]}');
  });

  test('the output matrix of the longest names fits a job', () => {
    const lines = many(300, (name) => databaseLine(name.padEnd(63, '🚀'), { newestBackup: 'n'.repeat(255) }));
    expect(matrixOutput(lines).json.length).toBeLessThan(450_000);
  });

  test('the output status stays below its bound', () => {
    const { json, leftOut } = statusOutput(many(5000, (name) => statusLine(name, { reason: 'r'.repeat(300) })));
    expect(json.length).toBeLessThan(451_000);
    expect((JSON.parse(json) as unknown[]).length + leftOut).toBe(5000);
  });
});

describe('the summary of many databases', () => {
  const fleetLine = (database: string, more: Partial<FleetLine> = {}): FleetLine => ({
    ...{ database, state: 'done', text: '', backups: 3, sizeBytes: 1024, newestBackup: 'n', takenAt: null },
    ...more,
  });

  test('a summary of 20,000 databases stays a summary, and a name is no markup', () => {
    const recorder = new RunRecorder({
      mode: 'prune',
      fleet: [fleetLine(HOSTILE, { state: 'failed', text: HOSTILE }), ...many(20_000, fleetLine)],
      prune: {
        dryRun: false,
        lines: many(20_000, (name) => ({
          ...{ database: HOSTILE, name, at: '2026-11-27T12:00:00Z', sizeBytes: 1, fate: 'removed', reason: 'no rule' },
        })),
      },
      status: [statusLine(HOSTILE, { state: 'late', reason: HOSTILE }), ...many(20_000, statusLine)],
      databases: [databaseLine(HOSTILE, { rule: HOSTILE }), ...many(20_000, databaseLine)],
    });
    recorder.finish('success');
    const summary = renderSummary(recorder.report);
    expect(summary).toMatch(/^## ✅ Prune of the backups\n\n\*\*Removed 20,000, kept 0\*\*/);
    expect(summary).toContain('19,501 other ones not shown.');
    expect(summary).not.toContain('<b>');
    expect(summary).not.toMatch(/^::error/m);
    expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
  });

  test('a run over many databases says in its first line how many', () => {
    const result = (mode: string): string | undefined => {
      const recorder = new RunRecorder({ mode, fleet: [fleetLine('a'), fleetLine('b')], backups: [] });
      recorder.finish('success');
      return /\*\*(.*?)\*\*/.exec(renderSummary(recorder.report))?.[1];
    };
    expect(result('list')).toBe('Found 0 complete backups of 2 databases');
    expect(result('verify')).toBe('Verified backups of 2 databases: they are whole');
  });
});

test('an age has one unit, rounded down', () => {
  const MINUTE_MS = 60_000;
  const ages = [0, 59, 60, 26 * 60, 71 * 60, 72 * 60, 30 * 24 * 60].map((minutes) => formatAge(minutes * MINUTE_MS));
  expect(ages).toEqual(['0 min', '59 min', '1 hr', '26 hr', '71 hr', '3 days', '30 days']);
});
