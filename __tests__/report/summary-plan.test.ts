import { describe, expect, test } from '@jest/globals';
import { planGroups } from '../../src/report/plan-text.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import type { RunPlan } from '../../src/report/run-plan.js';
import { renderSummary } from '../../src/report/summary.js';
import { backupPlan, restorePlan, runPlan } from './sample-plans.js';

function summaryOf(plan: RunPlan): string {
  const recorder = new RunRecorder({ mode: plan.mode, database: 'app', plan }, () => 0);
  recorder.finish('success');
  return renderSummary(recorder.report);
}

describe('the summary of a dry run', () => {
  test('the summary of a dry run says what would be done, and that nothing was', () => {
    const summary = summaryOf(runPlan());
    expect(summary).toContain(
      '**Dry run: would back up as <code>one</code> (about 2.9 KiB, about 30 sec), and go on with the restore of ' +
        '<code>one</code> to <code>h&#58;5432/copy</code> (1 unit, about 13 sec); nothing was changed** in',
    );
    expect(summary).toContain('| readers | 2&#58; 2 cores here |');
    expect(summary).toContain('| upload | about 1 part of 8 MiB |');
    expect(summary).toContain('| time | about 13 sec, by 3 finished units |');
    expect(summary).toContain('| data | 1 | 3 | 1000&nbsp;B | about&nbsp;13&nbsp;sec |');
    expect(summary).toContain('| app.i0 | app.t | before the data | 8&nbsp;KiB | – | it does not fit |');
    expect(summary).toContain('<details><summary>1 unit</summary>');
    expect(summary).toContain('Not checked, as it would write:\n- whether it can be written');
  });

  test('the summary of a dry run invents no time, and shows no table of what is not known yet', () => {
    const time = { seconds: null, basis: 'no earlier backup to estimate by' };
    const backup = backupPlan({ time, storedBytes: null, partBytes: null, parts: null, replaces: true });
    const restore = { ...restorePlan(), resumes: false, creates: true, work: null };
    const summary = summaryOf(runPlan({ backup, restore, notChecked: [] }));
    expect(summary).toContain('(about 2.9 KiB), and restore <code>one</code> to <code>h&#58;5432/copy</code>; nothing');
    expect(summary).toContain('| time | not known&#58; no earlier backup to estimate by |');
    expect(summary).toContain('one.dump, in the place of what is there |');
    expect(summary).toContain('copy, which would be created |');
    expect(summary).toContain('| units | known once the backup is there |');
    expect(summary).not.toMatch(/\| Phase |Not checked|upload/);
  });

  test('the summary and the log of a dry run with very many units are bounded', () => {
    const plan = runPlan({ restore: restorePlan(100_000) });
    const summary = summaryOf(plan);
    expect(Buffer.byteLength(summary)).toBeLessThan(1_000_000);
    expect(summary).toContain('99,500 further ones not shown.');
    expect(summary).toContain('| data |');
    const units = planGroups(plan, 10).find(({ title }) => title === 'Units')?.lines;
    expect(units).toHaveLength(12);
    expect(units?.at(-1)).toBe('… and 99,990 more');
  });
});
