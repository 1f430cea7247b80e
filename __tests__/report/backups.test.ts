import { describe, expect, test } from '@jest/globals';
import { backupsOutput } from '../../src/report/backups-output.js';
import { outputsOf } from '../../src/report/outputs.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import type { BackupLine, PruneLine } from '../../src/report/run-report.js';
import { renderSummary } from '../../src/report/summary.js';
import { textTable } from '../../src/report/text-table.js';
import { verificationText } from '../../src/report/verification-text.js';

const LINE: BackupLine = {
  provenAt: null,
  name: 'monday',
  takenAt: '2026-07-14T03:12:45.000Z',
  finishedAt: '2026-07-14T03:13:45.000Z',
  sizeBytes: 3 * 1024 * 1024,
  rows: 1_234_567,
  tables: 12,
  serverVersion: '17.2',
  dumpVersion: '17.2',
  phaseliftVersion: '1.0.0',
  state: 'complete',
  lastModified: '2026-07-14T03:13:46.000Z',
};
const HALF = { ...LINE, name: 'half', state: 'no manifest', takenAt: null, rows: null, tables: null };

function summaryOf(mode: string, facts: Parameters<RunRecorder['set']>[0]): string {
  let nowMs = 0;
  const recorder = new RunRecorder({ mode, database: 'app', ...facts }, () => nowMs);
  nowMs = 400;
  recorder.finish('success');
  return renderSummary(recorder.report);
}

describe('the output `backups`', () => {
  test('the output `backups` has every field of every backup', () => {
    const recorder = new RunRecorder({ backups: [LINE, HALF] });
    expect(JSON.parse(outputsOf(recorder.report).backups)).toEqual([LINE, HALF]);
  });

  test('the output `backups` is an empty list, or empty where nobody looked', () => {
    expect(outputsOf(new RunRecorder({ backups: [] }).report).backups).toBe('[]');
    expect(outputsOf(new RunRecorder().report).backups).toBe('');
  });

  test('the output `backups` has the newest that fit below 1 MB as GitHub counts', () => {
    const lines = Array.from({ length: 20_000 }, (_, at) => ({ ...LINE, name: `n${at}` }));
    const { json, leftOut } = backupsOutput(lines);
    expect(json.length * 2).toBeLessThan(1_000_000);
    const shown = JSON.parse(json) as BackupLine[];
    expect(shown).toEqual(lines.slice(0, 20_000 - leftOut));
    expect(shown.length).toBeGreaterThan(1000);
  });
});

describe('the summary of a list', () => {
  test('the summary of a list shows each backup, and what is not complete as such', () => {
    const summary = summaryOf('list', { backups: [LINE, HALF] });
    expect(summary).toMatch(
      /^## ✅ Backups of <code>app<\/code>\n\n\*\*Found 1 complete backup and 1 that is not\*\* in 0.4 sec/,
    );
    expect(summary).toContain(
      '| <code>monday</code> | 2026-07-14&nbsp;03:12:45&nbsp;UTC | 3&nbsp;MiB | 1,234,567 | 12 | 17&#46;2 | 17&#46;2 | ✅ complete |',
    );
    expect(summary).toContain('| <code>half</code> | – | 3&nbsp;MiB | – | – |');
    expect(summary).toContain('⚠️ no manifest |');
    expect(summary).not.toMatch(/mermaid|Phase/);
  });

  test('the summary of a list of thousands stays below 1 MiB', () => {
    const summary = summaryOf('list', {
      backups: Array.from({ length: 20_000 }, () => ({ ...LINE, name: '|'.repeat(200) })),
    });
    expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
    expect(summary).toContain('19,500 older ones not shown.');
  });

  test('the summary of a list keeps names in their cells', () => {
    expect(summaryOf('list', { backups: [{ ...LINE, name: 'a|<img>', serverVersion: '1|2' }] })).not.toMatch(
      /a\||<img>|1\|2/,
    );
  });
});

describe('the summary of a prune', () => {
  const line = (name: string, fate: PruneLine['fate']): PruneLine => ({
    name,
    at: '2026-07-14T03:12:45.000Z',
    sizeBytes: 2048,
    fate,
    reason: 'day 2026-07-14',
  });

  test('the summary of a prune says what is kept and removed, and why', () => {
    const prune = { dryRun: false, lines: [line('a', 'kept'), line('b', 'removed'), line('c', 'left alone')] };
    const summary = summaryOf('prune', { prune, backups: [LINE] });
    expect(summary).toContain('**Removed 1, kept 1, left 1 alone** in 0.4 sec');
    expect(summary).toContain(
      '| <code>a</code> | 2026-07-14&nbsp;03:12:45&nbsp;UTC | 2&nbsp;KiB | ✅ kept | day 2026-07-14 |',
    );
    expect(summary).toContain('🗑️ removed');
  });

  test('the summary of a prune in a dry run says that nothing was changed', () => {
    const prune = { dryRun: true, lines: [line('a', 'kept'), line('b', 'to be removed')] };
    expect(summaryOf('prune', { prune })).toContain('**Dry run: would remove 1, keep 1; nothing was changed** in');
  });
});

describe('the checks in the summary', () => {
  test('the summary tells checks of a backup from those of its restore', () => {
    const recorder = new RunRecorder({ mode: 'all' });
    for (const name of ['checks', 'backup', 'checks', 'schema'] as const) recorder.startStep(name);
    recorder.finish('success');
    const summary = renderSummary(recorder.report);
    const rows = summary.split('\n').filter((row) => row.includes('✅ done'));
    expect(rows.map((row) => row.split('|')[1]?.trim())).toEqual([
      'checks of the backup',
      'backup',
      'checks of the restore',
      'schema',
    ]);
    expect(summary).toContain('  checks of the restore :done, ');
  });
});

describe('tables and verifications in the log', () => {
  test('a table in the log has columns as wide as their widest cell, numbers at the right', () => {
    expect(
      textTable(
        [{ head: 'NAME' }, { head: 'SIZE', right: true }, { head: 'X' }],
        [
          ['ä'.repeat(5), '1', ''],
          ['b', '12345', 'y'],
        ],
      ),
    ).toEqual(['NAME    SIZE  X', 'äääää      1', 'b      12345  y']);
  });

  test('a table in the log has straight columns beside characters that take two', () => {
    expect(
      textTable(
        [{ head: 'NAME' }, { head: 'X' }],
        [
          ['データ', 'a'],
          ['\u0065\u0301t', 'b'],
        ],
      ),
    ).toEqual(['NAME    X', 'データ  a', '\u0065\u0301t      b']);
  });

  test('a verification in the log has one line for what is there, one for each difference', () => {
    const same = { expected: 2, found: 2, ok: true, detail: '' };
    const lines = [
      { check: 'rows', ...same },
      { check: 'objects: VIEW', ...same },
      { check: 'objects: TYPE', expected: 2, found: 1, ok: false, detail: 'some are missing' },
      { check: 'objects: TABLE', ...same },
    ];
    expect(verificationText(lines)).toEqual([
      'ok    rows: 2 of 2',
      'WRONG objects: TYPE: 1 of 2 (some are missing)',
      'ok    objects: 4 of 4 (VIEW 2, TABLE 2)',
    ]);
  });
});
