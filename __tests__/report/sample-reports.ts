import { PhaseliftError } from '../../src/foundation/errors.js';
import type { RunFacts } from '../../src/report/run-recorder.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import type { RunReport, StepName } from '../../src/report/run-report.js';

/** Reports as the commands would make them, one for each way a run can end; also the sample picture's. */

const START_MS = Date.UTC(2026, 6, 14, 3, 12, 45);
const GIB = 1024 ** 3;

/** A recorder with a clock that the story moves. */
class Story {
  nowMs = START_MS;
  readonly recorder: RunRecorder;

  constructor(facts: Partial<RunFacts>) {
    this.recorder = new RunRecorder(facts, () => this.nowMs);
  }

  step(name: StepName, seconds: number, unitsBefore = 0): void {
    this.recorder.startStep(name, { unitsBefore });
    this.nowMs += seconds * 1000;
  }

  units(step: StepName, count: number, rows: number | null, bytes: number | null): void {
    for (let i = 1; i <= count; i++) {
      this.recorder.unitDone({ step, title: `${40 + i} small objects`, seconds: 3 + i / count, rows, bytes });
    }
  }
}

const FACTS = {
  database: 'shop',
  backupName: '20260714-031245',
  backupUri: 's3://backups/nightly/shop/20260714-031245.dump',
  manifestUri: 's3://backups/nightly/shop/20260714-031245.manifest.json',
  sizeBytes: 3.4 * GIB,
  tableCount: 812,
  rowCount: 34_567_890,
};
const TARGET = 'db.internal:5432/shop_copy';

function backupStep(story: Story): void {
  story.step('checks', 2.4);
  story.step('backup', 71);
  story.recorder.stepTotals({ rows: FACTS.rowCount, bytes: FACTS.sizeBytes });
}

/** Stops in the middle of the data phase, which is still running. */
function restoreUntilData(story: Story, unitsBefore: number): void {
  story.step('schema', 6.2, unitsBefore > 0 ? 14 : 0);
  story.units('schema', unitsBefore > 0 ? 0 : 14, null, null);
  story.step('indexes', 11, unitsBefore > 0 ? 40 : 0);
  story.units('indexes', unitsBefore > 0 ? 0 : 40, null, null);
  story.step('data', 247, unitsBefore);
  // With the three slow ones below: the rows of the backup, when nothing was there before.
  story.units('data', 24 - unitsBefore, 802_828, 90_176_000);
  const slow = (title: string, seconds: number, rows: number): void => {
    story.recorder.unitDone({ step: 'data', title, seconds, rows, bytes: rows * 97 });
  };
  slow('TABLE DATA shop.order_lines', 96.4, 11_200_016);
  slow('TABLE DATA audit.events_2026_06', 41.2, 4_100_000);
  slow('TABLE DATA shop."Odd "name" 🚀 | <img src=x> [x](http://evil) @team"', 18, 2);
}

function restoreTheRest(story: Story): void {
  story.step('constraints', 38);
  story.units('constraints', 31, null, null);
  story.recorder.unitDone({
    step: 'constraints',
    title: 'FK CONSTRAINT shop.order_lines order_lines_order_id_fkey',
    seconds: 12.3,
    rows: null,
    bytes: null,
  });
  story.step('analyze', 5);
  story.step('verify', 0);
  story.recorder.verification([
    { check: 'rows', expected: 34_567_890, found: 34_567_890, ok: true, detail: '812 tables' },
    { check: 'indexes', expected: 2_145, found: 2_145, ok: true, detail: 'all valid and ready' },
    { check: 'constraints', expected: 1_304, found: 1_304, ok: true, detail: '' },
    { check: 'sequences', expected: 612, found: 612, ok: true, detail: '' },
    { check: 'objects: TRIGGER', expected: 48, found: 48, ok: true, detail: '' },
  ]);
  story.recorder.note(
    'INDEX audit.events_brin is created after the data: access method brin, useless when built empty',
  );
  story.recorder.note('settings of the database are not restored: ALTER DATABASE shop SET work_mem');
}

export function backupReport(): RunReport {
  const story = new Story({ mode: 'backup', ...FACTS });
  backupStep(story);
  story.recorder.finish('success');
  return story.recorder.report;
}

export function allReport(): RunReport {
  const story = new Story({ mode: 'all', target: TARGET, ...FACTS });
  backupStep(story);
  restoreUntilData(story, 0);
  restoreTheRest(story);
  story.recorder.finish('success');
  return story.recorder.report;
}

export function resumedReport(): RunReport {
  const story = new Story({ mode: 'restore', target: TARGET, resumed: true, ...FACTS });
  story.step('checks', 1.1);
  restoreUntilData(story, 12);
  restoreTheRest(story);
  story.recorder.finish('success');
  return story.recorder.report;
}

export function failedReport(): RunReport {
  const story = new Story({ mode: 'restore', target: TARGET, ...FACTS });
  story.step('checks', 1.1);
  restoreUntilData(story, 0);
  story.recorder.fail(
    new PhaseliftError('SQL', 'TABLE DATA shop.payments: the server refused a row (unique_violation, payments_pkey)', {
      object: 'TABLE DATA shop.payments',
      sqlState: '23505',
      hint: 'Compare the constraint payments_pkey of the source with its rows, or restore with index-strategy empty-keys-last.',
    }),
  );
  story.recorder.finish('failure');
  return story.recorder.report;
}

export function cancelledReport(): RunReport {
  const story = new Story({ mode: 'restore', target: TARGET, ...FACTS });
  story.step('checks', 1.1);
  restoreUntilData(story, 0);
  story.recorder.finish('cancelled');
  return story.recorder.report;
}

/** Nothing is known but the faults. */
export function inputErrorReport(): RunReport {
  const story = new Story({});
  story.recorder.fail(
    new PhaseliftError(
      'INPUT',
      '2 inputs are wrong or missing\nmode: "bakcup" is none of backup, restore, all\ns3-bucket (S3_BUCKET): required',
      { hint: 'Correct the inputs named above.' },
    ),
  );
  story.nowMs += 40;
  story.recorder.finish('failure');
  return story.recorder.report;
}
