import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newArchiveId } from '../../src/store/names.js';
import { runProgram } from '../../testbed/run-program.js';
import { expectSuccess } from '../engine/backup-trial.js';
import type { ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { BackupRuns, expectFailure, s3Inputs } from './backup-runs.js';
import { DirectoryRuns } from './directory-runs.js';
import { few } from '../helpers/depth.js';

const MIB = 1024 * 1024;
const HUGE_BYTES = 300 * MIB;
/** An action that does nothing large stays far below this; one that reads such a manifest is far above. */
const SMALL_KIB = 350 * 1024;

/**
 * Tells the most memory that the step had: the kernel's high water mark of its address space. (The maxRSS of getrusage would
 * not do: a process inherits that of its parent, here a Jest worker.)
 */
const TELL_PEAK = `import fs from 'node:fs';
const peak = () => /^VmHWM:\\s+(\\d+) kB$/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1];
process.on('exit', () => fs.writeSync(1, 'peak: ' + peak() + ' KiB\\n'));`;
const measured = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(TELL_PEAK)}` };

function expectSmall({ stdout }: ActionResult): void {
  const peak = Number(/^peak: (\d+) KiB$/m.exec(stdout)?.[1]);
  expect(peak).toBeGreaterThan(10 * 1024);
  expect(peak).toBeLessThan(SMALL_KIB);
}

/** JSON, with a first line that no listing can tell from a manifest's. */
async function writeHuge(path: string, firstLine: string): Promise<void> {
  const file = await open(path, 'w');
  await file.write(`${firstLine}\n"more":[`);
  const some = Buffer.alloc(MIB, '{"a":1},');
  while ((await file.stat()).size < HUGE_BYTES) await file.write(some);
  await file.write('0]}');
  await file.close();
}

let runs: DirectoryRuns;
beforeAll(async () => {
  runs = await DirectoryRuns.create(sharedPostgres(), 'CREATE TABLE t AS SELECT generate_series(1, 10) AS a;');
  await runs.backUp();
});
afterAll(() => runs.close());

const storeInputs = (): Record<string, string> => ({
  database: runs.source,
  'local-directory': runs.directory,
  'pg-client': 'path',
});

describe('what stands in place of a manifest and cannot be one', () => {
  const TOO_LARGE =
    /^the manifest .*one\.manifest\.json has 30\d MiB: no manifest of such an archive has more than 1.* MiB/;
  const ADVICE = /not what Phaselift wrote.*move it away, and restore the archive by its own place/;

  test('a huge manifest in a directory is refused by its size, before it is read', async () => {
    const manifest = runs.path('one.manifest.json');
    const kept = runs.path('..', 'kept.json');
    await rename(manifest, kept);
    await writeHuge(manifest, '{"format":1,');
    try {
      const restore = await runs.run(runs.restoreInputs(runs.newTarget()), { env: measured });
      expectFailure(restore, TOO_LARGE, ADVICE);
      expectSmall(restore);
      const list = await runs.run({ ...storeInputs(), mode: 'list' }, { env: measured });
      expectSuccess(list);
      expectSmall(list);
      await rm(manifest);
      const moved = await runs.run(runs.restoreInputs(runs.newTarget(), { 'local-directory': runs.path('one') }));
      expectSuccess(moved);
    } finally {
      await rename(kept, manifest);
    }
  });

  test('a huge manifest in S3 is refused by its size, before it is read', async () => {
    const backups = await BackupRuns.create();
    const file = runs.path('..', 'huge.json');
    try {
      await backups.succeed(runs.source);
      const store = backups.bucket.store({ prefix: '' });
      const { manifest } = store.backups.locate(runs.source, 'one');
      await store.objects.remove(manifest);
      await writeHuge(file, '{"format":1,');
      const signal = new AbortController().signal;
      await store.upload(manifest, createReadStream(file), {
        partSizeBytes: 64 * MIB,
        id: newArchiveId(),
        replaces: null,
        signal,
      });
      for (const mode of ['restore', 'verify', 'list']) {
        const inputs = mode === 'restore' ? runs.restoreInputs(runs.newTarget()) : { ...storeInputs(), mode };
        const place = { 'local-directory': '', 's3-bucket': backups.bucket.settings.bucket, ...s3Inputs() };
        const result = await runs.run(
          { ...inputs, ...place, ...(mode === 'verify' ? { 'backup-name': 'one' } : {}) },
          { env: measured },
        );
        if (mode === 'list') expectSuccess(result);
        else expectFailure(result, TOO_LARGE, ADVICE);
        expectSmall(result);
      }
      await store.objects.remove(manifest);
    } finally {
      await rm(file, { force: true });
      backups.close();
    }
  });

  test.each(
    few(
      [1],
      [
        ['a directory', (path: string) => mkdir(path)],
        ['a pipe or a device', (path: string) => runProgram('mkfifo', [path])],
        ['a symbolic link', (path: string) => runProgram('ln', ['-s', '/dev/zero', path])],
      ],
    ),
  )('what stands for a manifest is named when it is %s, and hides no other backup', async (what, make) => {
    await runs.backUp({ 'backup-name': 'other', force: 'true' });
    const manifest = runs.path('one.manifest.json');
    const kept = runs.path('..', 'kept.json');
    await rename(manifest, kept);
    await make(manifest);
    try {
      const list = await runs.run({ ...storeInputs(), mode: 'list' });
      expectSuccess(list);
      expect(list.stdout).toContain(`one.manifest.json is ${what}, not a file`);
      expect(list.stdout).toContain('1 complete backup, 1 with a manifest that cannot be read');
      const restore = await runs.run(runs.restoreInputs(runs.newTarget()));
      expectFailure(restore, new RegExp(`^the manifest .*one\\.manifest\\.json is ${what}, not a file`), ADVICE);
      await runs.restore({ 'backup-name': 'latest' });
    } finally {
      await rm(manifest, { recursive: true });
      await rename(kept, manifest);
    }
  });
});

test('a backup of few of very many tables has a manifest of few', async () => {
  await runs.server.psql(
    runs.source,
    `DO $$ BEGIN FOR n IN 1..3000 LOOP EXECUTE format('CREATE TABLE public.%I ()', 'a_long_name_of_a_table_that_is_not_backed_up_' || n); END LOOP; END $$`,
  );
  await runs.backUp({ 'backup-name': 'few', 'dump-options': '--table=public.t' });
  expect((await stat(join(runs.folder, 'few.manifest.json'))).size).toBeLessThan(10_000);
  expectSuccess(await runs.run({ ...storeInputs(), mode: 'verify', 'backup-name': 'few' }));
});
