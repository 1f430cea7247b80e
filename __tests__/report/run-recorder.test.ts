import { beforeEach, describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { OUTPUT_NAMES, outputsOf } from '../../src/report/outputs.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import { allReport, inputErrorReport } from './sample-reports.js';

let nowMs: number;
let recorder: RunRecorder;

beforeEach(() => {
  nowMs = 1000;
  recorder = new RunRecorder({ mode: 'restore', database: 'app' }, () => nowMs);
});

describe('the record of a run', () => {
  test('the record of a run adds up the units of a step, but for unknown rows', () => {
    recorder.startStep('data', { unitsBefore: 7 });
    recorder.unitDone({ step: 'data', title: 'a', seconds: 1, rows: 10, bytes: 100 });
    recorder.unitDone({ step: 'data', title: 'b', seconds: 2, rows: null, bytes: 50 });
    nowMs = 4000;
    recorder.endStep('success');
    expect(recorder.report.steps).toEqual([
      {
        name: 'data',
        status: 'success',
        startedAtMs: 1000,
        endedAtMs: 4000,
        units: 2,
        unitsBefore: 7,
        rows: 10,
        bytes: 150,
      },
    ]);
  });

  test('the record of a run keeps the slowest ten of 20,000 units, slowest first', () => {
    recorder.startStep('data');
    for (let i = 0; i < 20_000; i++) {
      const seconds = (i * 7919) % 20_000;
      recorder.unitDone({ step: 'data', title: `unit ${i}`, seconds, rows: null, bytes: null });
    }
    expect(recorder.report.slowestUnits.map(({ seconds }) => seconds)).toEqual([
      19_999, 19_998, 19_997, 19_996, 19_995, 19_994, 19_993, 19_992, 19_991, 19_990,
    ]);
    expect(recorder.report.steps[0]).toMatchObject({ units: 20_000, rows: null });
  });

  test('the record of a run keeps 200 notes and counts the others', () => {
    for (let i = 0; i < 20_000; i++) recorder.note('n'.repeat(5000));
    const { notes } = recorder.report;
    expect(notes).toHaveLength(201);
    expect(notes.at(-1)).toBe('19800 more notes were left out');
    expect(notes[0]?.length).toBe(1000);
  });

  test('the record of a run drops no check that differs when there are too many', () => {
    const same = { check: 'rows', expected: 1, found: 1, ok: true, detail: '' };
    recorder.verification(Array.from({ length: 20_000 }, () => same));
    recorder.verification([{ ...same, found: 2, ok: false }]);
    expect(recorder.report.verification).toHaveLength(500);
    expect(recorder.report.verification[0]?.ok).toBe(false);
  });

  test('a step in the record ends with the next one, or with the run', () => {
    recorder.startStep('schema');
    recorder.startStep('data');
    recorder.finish('cancelled', 9000);
    expect(recorder.report.steps.map(({ status }) => status)).toEqual(['success', 'cancelled']);
    expect(recorder.report).toMatchObject({ outcome: 'cancelled', endedAtMs: 9000 });
  });

  test('the first failure and the first outcome of a run count', () => {
    recorder.fail(new PhaseliftError('STORE', 'first'));
    recorder.fail(new PhaseliftError('SQL', 'second'));
    recorder.finish('failure');
    recorder.finish('success');
    expect(recorder.report).toMatchObject({ outcome: 'failure', failure: { message: 'first' } });
  });

  test('a report of a run does not change any more', () => {
    recorder.startStep('data');
    const before = recorder.report;
    recorder.unitDone({ step: 'data', title: 'a', seconds: 1, rows: 1, bytes: 1 });
    recorder.note('x');
    expect(before).toMatchObject({ notes: [], slowestUnits: [], steps: [{ units: 0 }] });
  });
});

describe('the outputs', () => {
  test('the outputs of a run that did everything have every value', () => {
    const { phases, ...others } = outputsOf(allReport());
    expect(others).toEqual({
      'backup-uri': 's3://backups/nightly/shop/20260714-031245.dump',
      'backup-name': '20260714-031245',
      'manifest-uri': 's3://backups/nightly/shop/20260714-031245.manifest.json',
      'size-bytes': String(3.4 * 1024 ** 3),
      'table-count': '812',
      'row-count': '34567890',
      'duration-seconds': '380.6',
      drill: '',
      resumed: 'false',
      backups: '',
      contents: '',
      finished: '',
      matrix: '',
      'due-count': '',
      status: '',
      roles: '',
      plan: '',
    });
    const parsed = JSON.parse(phases) as Record<string, unknown>[];
    expect(parsed.map(({ name }) => name)).toEqual(['schema', 'indexes', 'data', 'constraints']);
    expect(Object.keys(parsed[0] ?? {})).toEqual(['name', 'status', 'seconds', 'units', 'bytes', 'rows']);
    expect(parsed[2]).toMatchObject({ status: 'success', seconds: 247, units: 27, rows: 34_567_890 });
  });

  test('the outputs of a run are there, and empty, when nothing is known', () => {
    const outputs = outputsOf(inputErrorReport());
    expect(Object.keys(outputs)).toEqual([...OUTPUT_NAMES]);
    expect(outputs).toMatchObject({ 'backup-uri': '', 'size-bytes': '', phases: '[]', resumed: 'false' });
  });

  test('the outputs of a run stay far below 1 MB', () => {
    recorder.set({ backupUri: 'u'.repeat(2_000_000), backupName: 'n'.repeat(2_000_000) });
    for (let i = 0; i < 20_000; i++) recorder.startStep('data');
    const size = Object.values(outputsOf(recorder.report)).join('').length;
    expect(size).toBeLessThan(50_000);
  });
});
