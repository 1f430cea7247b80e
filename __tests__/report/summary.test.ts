import { describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import { renderSummary } from '../../src/report/summary.js';
import * as samples from './sample-reports.js';

/** The lines of the chart between its fences. */
function chartOf(summary: string): string[] {
  return /```mermaid\n([^]*?)\n```/.exec(summary)?.[1]?.split('\n') ?? [];
}

describe('the job summary', () => {
  test('the summary of a backup says what was saved, where, and how fast', () => {
    const summary = renderSummary(samples.backupReport());
    expect(summary).toMatch(/^## ✅ Backup of <code>shop<\/code>\n/);
    expect(summary).toContain('**Backed up as <code>20260714-031245</code> (3.4 GiB, 812 tables, 34.6 M rows)** in');
    expect(summary).toContain('<code>s3&#58;//backups/nightly/shop/20260714-031245.dump</code>');
    expect(summary).toContain(
      '| backup | ✅ done | 1&nbsp;min&nbsp;11&nbsp;sec | – | 34,567,890 | 3.4&nbsp;GiB | 49&nbsp;MiB/s |',
    );
    expect(summary).not.toContain('What&nbsp;failed');
  });

  test('the summary of backup and restore shows each step, the checks and slowest units', () => {
    const summary = renderSummary(samples.allReport());
    expect(summary).toContain('and restored to <code>db.internal&#58;5432/shop_copy</code>** in 6 min 21 sec');
    for (const name of ['checks', 'backup', 'schema', 'indexes', 'data', 'constraints', 'analyze', 'verify']) {
      expect(summary).toContain(`\n| ${name} | ✅ done |`);
    }
    expect(summary).toContain('| rows | 34,567,890 | 34,567,890 | ✅ same | 812 tables |');
    expect(summary).toContain('| <code>TABLE DATA shop.order_lines</code> | data | 1&nbsp;min&nbsp;36&nbsp;sec |');
    expect(summary).toContain('<details><summary>2 notes</summary>');
    expect(summary).toContain('2026-07-14 03:12:45 UTC');
  });

  test('the summary of a backup by several readers shows each of them, and the slowest tables with their pieces', () => {
    let nowMs = 0;
    const recorder = new RunRecorder({ mode: 'backup', database: 'a' }, () => nowMs);
    recorder.startStep('backup');
    for (const number of [2, 1]) {
      recorder.readerEnded({ number, startedAtMs: 1000, endedAtMs: 61_000, bytes: number * 2 ** 30, tables: 3 });
    }
    recorder.tableRead({ title: 'TABLE DATA app.big', seconds: 59, bytes: 2 ** 31, rows: 10, pieces: 128 });
    recorder.tableRead({ title: 'TABLE DATA app.small', seconds: 2, bytes: 8192, rows: 1, pieces: 1 });
    nowMs = 62_000;
    recorder.finish('success');
    const summary = renderSummary(recorder.report);
    expect(summary).toContain('| Slowest tables | Phase |');
    expect(summary).toContain('| <code>TABLE DATA app.big</code> in 128 pieces | backup | 59&nbsp;sec | 10 |');
    expect(summary).toContain('| <code>TABLE DATA app.small</code> | backup |');
    const bars = summary.split('\n').filter((line) => /^ {2}(?:backup|reader)/.test(line));
    expect(bars.map((bar) => bar.split(' :')[0]?.trim())).toEqual(['backup', 'reader 1 1 GiB', 'reader 2 2 GiB']);
    expect(bars[1]).toMatch(/:done, 2000-01-01 00:00:01\.000, 2000-01-01 00:01:01\.000$/);
    expect(recorder.report.steps[0]).toMatchObject({ units: 0, rows: null });
  });

  test('the summary of a resumed restore says what an earlier run had done', () => {
    const summary = renderSummary(samples.resumedReport());
    expect(summary).toContain('Resumed: 66 of the units had been finished by an earlier run.');
    expect(summary).toContain('15&nbsp;+&nbsp;12&nbsp;before');
  });

  test('the summary of a failure names phase, object, message and next step', () => {
    const summary = renderSummary(samples.failedReport());
    expect(summary).toMatch(/^## ❌ Restore of/);
    expect(summary).toMatch(/\*\*Failed in data\*\* after .*: TABLE DATA shop\.payments.*goes on from there\.\n/);
    const failure = summary.slice(summary.indexOf('| What&nbsp;failed'));
    expect(failure).toContain('| Object | <code>TABLE DATA shop.payments</code> |');
    expect(failure).toContain('| SQLSTATE | <code>23505</code> |');
    expect(failure).toContain('| **Next&nbsp;step** | Compare the constraint payments_pkey');
    expect(summary).toContain('| data | ❌ failed |');
  });

  test('the summary of a failure promises to go on only where there is a place to go on from', () => {
    const recorder = new RunRecorder({ mode: 'backup', database: 'a' });
    recorder.startStep('backup');
    recorder.finish('cancelled');
    expect(renderSummary(recorder.report)).not.toContain('goes on');
  });

  test('the summary of a cancelled restore says where it was and how to go on', () => {
    const summary = renderSummary(samples.cancelledReport());
    expect(summary).toContain('**Cancelled in data** after');
    expect(summary).toContain('| data | 🚫 cancelled |');
    expect(summary).toContain('goes on from there');
  });

  test('the summary of wrong inputs has a line for each fault and no empty tables', () => {
    const summary = renderSummary(samples.inputErrorReport());
    expect(summary).toMatch(/^## ❌ Phaselift\n\n\*\*Failed\*\* after 0 sec: 2 inputs are wrong or missing\.\n/);
    expect(summary).toContain('|  | mode&#58; "bakcup" is none of backup, restore, all |');
    expect(summary).toContain('|  | s3-bucket (S3_BUCKET)&#58; required |');
    expect(summary).not.toContain('mermaid');
    expect(summary).not.toContain('Slowest');
  });

  test('the summary of a run has one heading', () => {
    for (const sample of Object.values(samples)) {
      expect(renderSummary(sample()).match(/^#+ /gm)).toHaveLength(1);
    }
  });

  test('the summary of a run keeps odd names inside of their cells', () => {
    const odd = 'a|b `c` <img src=x> [x](http://evil) @team\n## evil';
    const recorder = new RunRecorder({ mode: odd, database: odd, target: odd, backupName: odd, backupUri: odd });
    recorder.startStep('data');
    recorder.unitDone({ step: 'data', title: odd, seconds: 1, rows: 1, bytes: 1 });
    recorder.note(odd);
    recorder.verification([{ check: odd, expected: 1, found: 2, ok: false, detail: odd }]);
    recorder.fail(new PhaseliftError('SQL', odd, { object: odd, hint: odd }));
    recorder.finish('failure');
    const summary = renderSummary(recorder.report);
    expect(summary).not.toMatch(/<img|`c`|\[x\]|http:|[^>]@team|^## evil/m);
    const rows = summary.split('\n').filter((line) => line.startsWith('|'));
    expect(new Set(rows.map((row) => row.split('|').length - 2))).toEqual(new Set([7, 5, 2]));
  });

  test('the summary has what the next step gives to copy, line by line, below the table', () => {
    const recorder = new RunRecorder({ mode: 'restore' });
    const hint = 'Leave these out:\nEXTENSION a|b\nTYPE app.</pre>';
    recorder.fail(new PhaseliftError('CHECKS', 'cannot create', { hint }));
    recorder.finish('failure');
    const summary = renderSummary(recorder.report);
    expect(summary).toContain('| **Next&nbsp;step** | Leave these out&#58; |\n\n<pre>\nEXTENSION a&#124;b\nTYPE app.');
    expect(summary.match(/<\/pre>/g)).toHaveLength(1);
  });

  test('the summary of any run stays well under 1 MiB, and still ends with the failure', () => {
    const long = '|@🚀\u202e'.repeat(20_000);
    const recorder = new RunRecorder({ mode: 'all', database: long, target: long, backupName: long, backupUri: long });
    for (let i = 0; i < 20_000; i++) {
      recorder.startStep('data');
      recorder.unitDone({ step: 'data', title: long, seconds: i, rows: 1, bytes: 1 });
      recorder.note(long);
    }
    const line = { check: long, expected: 1, found: 2, ok: false, detail: long };
    recorder.verification(Array.from({ length: 20_000 }, () => line));
    recorder.fail(new PhaseliftError('SQL', `${long}\n`.repeat(100), { object: long, hint: `${long}\n`.repeat(1000) }));
    recorder.finish('failure');
    const summary = renderSummary(recorder.report);
    expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
    expect(summary).toContain('Slowest units');
    expect(summary.slice(summary.indexOf('What&nbsp;failed'))).toContain('**Next&nbsp;step**');
  });
});

describe('the chart of the phases', () => {
  test('the chart of the phases has no section twice: Mermaid would mix their bars', () => {
    const recorder = new RunRecorder({ mode: 'all', database: 'app' });
    for (const step of ['checks', 'backup', 'checks', 'schema', 'data', 'analyze'] as const) recorder.startStep(step);
    recorder.finish('success');
    const sections = chartOf(renderSummary(recorder.report)).filter((line) => line.startsWith('  section '));
    expect(sections).toEqual(['  section Backup', '  section Restore', '  section Finish']);
  });

  test('the chart of the phases is a Gantt chart of which every line is a statement or a bar', () => {
    for (const sample of Object.values(samples)) {
      const [first, ...lines] = chartOf(renderSummary(sample()));
      if (first === undefined) continue;
      expect(first).toBe('gantt');
      for (const line of lines) {
        expect(line).toMatch(
          /^ {2}(?:(?:title|dateFormat|axisFormat|todayMarker|section) [^#;]+|[a-z]+ :(?:done|crit|active), ([-\d]+ [:.\d]+), ([-\d]+ [:.\d]+))$/,
        );
      }
    }
  });

  test('the chart of the phases counts from the start, whatever the time zone', () => {
    const chart = chartOf(renderSummary(samples.allReport()));
    expect(chart).toContain('  checks :done, 2000-01-01 00:00:00.000, 2000-01-01 00:00:02.400');
    expect(chart).toContain('  verify :done, 2000-01-01 00:06:20.600, 2000-01-01 00:06:22.503');
  });

  test('the chart of the phases marks what failed', () => {
    expect(chartOf(renderSummary(samples.failedReport())).at(-1)).toMatch(/^ {2}data :crit, /);
  });
});
