import { resolve } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../src/inputs/read-settings.js';
import type { Settings } from '../../src/inputs/settings.js';
import { backup, BACKUP, faultOf, restore, given } from './given.js';

const PRUNE = { mode: 'prune', database: 'app', 's3-bucket': 'backups' };
const LOCAL = { 's3-bucket': '', 'local-directory': '/backups' };
const read = (inputs: Record<string, string>): Settings => readSettings(given(inputs));

describe('local-directory', () => {
  test('local-directory stands in place of a bucket', () => {
    expect(backup(LOCAL).store).toEqual({ kind: 'directory', path: '/backups' });
    expect(backup({ ...LOCAL, 'local-directory': 'sub/here' }).store).toEqual({
      kind: 'directory',
      path: resolve('sub/here'),
    });
    expect(backup({ 's3-bucket': '' }, { LOCAL_DIRECTORY: '/backups' }).store.kind).toBe('directory');
  });

  test('local-directory and a bucket: an input comes before the environment', () => {
    expect(backup(LOCAL, { S3_BUCKET: 'b' }).store.kind).toBe('directory');
    expect(backup({}, { LOCAL_DIRECTORY: '/backups' }).store.kind).toBe('s3');
    expect(backup({ 's3-bucket': '' }, { LOCAL_DIRECTORY: '/backups', S3_BUCKET: 'b' }).store.kind).toBe('directory');
  });

  test('local-directory beside a bucket is refused', () => {
    expect(faultOf(() => backup({ 'local-directory': '/backups' }))).toBe(
      'input `local-directory` (or environment variable `LOCAL_DIRECTORY`): it stands in place of S3, and ' +
        'input `s3-bucket` (or environment variable `S3_BUCKET`) is given too: keep one or the other',
    );
  });

  test.each(['s3://bucket/x', 'a\tb'])('local-directory %j is no directory', (text) => {
    expect(faultOf(() => restore({ ...LOCAL, 'local-directory': text }))).toContain('give the path of a directory');
  });
});

describe('dump-jobs', () => {
  test('dump-jobs counts for a directory', () => {
    expect(backup({ ...LOCAL, 'dump-jobs': '4' }).dumpJobs).toBe(4);
    expect(backup(LOCAL, { DUMP_JOBS: '3' }).dumpJobs).toBe(3);
    expect(backup(LOCAL).dumpJobs).toBe(1);
  });

  test('dump-jobs counts for S3, also from its variable', () => {
    expect(backup({ 'dump-jobs': '64' }).dumpJobs).toBe(64);
    expect(backup({}, { DUMP_JOBS: '4' }).dumpJobs).toBe(4);
    expect(backup({ 'dump-jobs': '1' }, { DUMP_JOBS: '4' }).dumpJobs).toBe(1);
    expect(backup({}).dumpJobs).toBe(1);
  });

  test('dump-jobs may be left to cores and connections', () => {
    expect(backup({ 'dump-jobs': 'auto' }).dumpJobs).toBe('auto');
    expect(backup({}, { DUMP_JOBS: 'auto' }).dumpJobs).toBe('auto');
  });

  test.each(['0', '65', 'two', '1.5', '-1', 'AUTO'])(
    'dump-jobs %j is refused, and the message says what is right',
    (text) => {
      expect(faultOf(() => backup({ 'dump-jobs': text }))).toBe(
        `input \`dump-jobs\` (or environment variable \`DUMP_JOBS\`): \`${text}\` is not a number of readers: give a whole number from 1 to 64, or \`auto\``,
      );
      expect(faultOf(() => backup({}, { DUMP_JOBS: text }))).toContain('DUMP_JOBS');
    },
  );
});

describe('prune', () => {
  test('a prune without a rule is refused', () => {
    expect(faultOf(() => read(PRUNE))).toBe(
      'input `keep-last` is missing: set it to how many backups to keep (or use `keep-days`, `keep-daily`, `keep-weekly` or `keep-monthly`)',
    );
  });

  test('a prune reads its rules', () => {
    expect(read({ ...PRUNE, 'keep-daily': '7', 'keep-weekly': '4', 'dry-run': 'true' })).toMatchObject({
      keep: { last: null, days: null, daily: 7, weekly: 4, monthly: null },
      dryRun: true,
    });
  });

  test('keep-proven stands beside other rules, and is none by itself', () => {
    expect(read({ ...PRUNE, 'keep-last': '1', 'keep-proven': 'true' })).toMatchObject({
      keep: { last: 1, proven: true },
    });
    expect(faultOf(() => read({ ...PRUNE, 'keep-proven': 'true' }))).toMatch(/^input `keep-last` is missing/);
  });

  test('a prune with a rule that keeps nothing is refused', () => {
    expect(faultOf(() => read({ ...PRUNE, 'keep-last': '0' }))).toContain('give a whole number from 1');
  });

  test('a prune of one object is refused', () => {
    const inputs = { ...PRUNE, 's3-bucket': '', 's3-uri': 's3://b/k.dump', 'keep-last': '1' };
    expect(faultOf(() => read(inputs))).toContain('it names one object');
  });
});

describe('a dry run', () => {
  const inputs = { ...BACKUP, 'target-host': 'h', 'target-user': 'u', 'target-database': 'copy', 'backup-name': 'one' };

  test.each(['backup', 'restore', 'all'])('the mode %s has a dry run, which nobody gets unasked', (mode) => {
    expect(read({ ...inputs, mode })).toMatchObject({ mode, dryRun: false });
    expect(read({ ...inputs, mode, 'dry-run': 'true' })).toMatchObject({ mode, dryRun: true });
    expect(readSettings(given({ ...inputs, mode }, { DRY_RUN: 'true' }))).toMatchObject({ mode, dryRun: true });
    expect(faultOf(() => read({ ...inputs, mode, 'dry-run': 'maybe' }))).toContain('input `dry-run`');
  });

  test.each(['list', 'show', 'verify'])('the mode %s changes nothing, has no dry run, and says so', (mode) => {
    expect(faultOf(() => read({ ...inputs, mode, 'dry-run': 'true' }))).toBe(
      `input \`dry-run\` (or environment variable \`DRY_RUN\`): \`mode: ${mode}\` has no dry run: leave it out`,
    );
    expect(readSettings(given({ ...inputs, mode }, { DRY_RUN: 'true' }))).toMatchObject({ mode });
  });
});
