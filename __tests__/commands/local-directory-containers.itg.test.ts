import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { runProgram } from '../../testbed/run-program.js';
import { expectSuccess } from '../engine/backup-trial.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { runtimeEnv, startRuntimes } from '../postgres/toolbox/runtimes.js';
import { expectFailure } from './backup-runs.js';
import { DirectoryRuns } from './directory-runs.js';

const runtimes = await startRuntimes();
const SOURCE = `CREATE TABLE one AS SELECT g AS a FROM generate_series(1, 1000) g; CREATE TABLE two (a int);
  SELECT lo_from_bytea(0, 'a large object');`;

let runs: DirectoryRuns;
const containers: (readonly [string, string])[] = [];

beforeAll(async () => {
  runs = await DirectoryRuns.create(sharedPostgres(), SOURCE);
});
afterAll(async () => {
  for (const [runtime, name] of containers) await runProgram(runtime, ['rm', '-f', name]);
  await runs.close();
  await runtimes.stop();
});

/** A container that runs until the end of the tests. Returns its id. */
async function keep(runtime: string, image: string, ...options: string[]): Promise<string> {
  const sleeping = ['--entrypoint', 'sleep', image, '600'];
  const id = (await runProgram(runtime, ['run', '-d', '--network', 'host', ...options, ...sleeping])).trim();
  containers.push([runtime, id]);
  return id;
}

for (const runtime of runtimes.all) {
  if ('missing' in runtime) {
    test.skip(`${runtime.name}: ${runtime.missing.replaceAll('\n', ' ')}`, () => undefined);
    continue;
  }
  const { name, image } = runtime;
  const env = runtimeEnv();
  const inputs = { 'container-runtime': name, 'dump-jobs': '2' };

  describe(`pg_dump in a container of ${name}`, () => {
    test('pg_dump in a container from an image writes to the directory of the runner', async () => {
      const changes = { ...inputs, 'pg-client': 'image', 'pg-image': image, 'backup-name': name };
      const made = await runs.backUp(changes, { env });
      expect(made.stdout).toContain(`in image ${image} (${name})`);
      expect(await runs.visible()).toEqual(expect.arrayContaining([name, `${name}.manifest.json`]));
      expect((await runs.visible()).filter((entry) => entry.startsWith('.'))).toEqual([]);
      // Where the tools of a restore run makes no difference: they never see the directory.
      await runs.restore({ 'backup-name': name });
    });

    test('dry runs with tools in a container from an image change nothing, and leave none', async () => {
      await runs.backUp({ 'backup-name': `planned-${name}` });
      const [visible, running] = [await runs.visible(), await runProgram(name, ['ps', '-a', '-q'])];
      const tools = { ...inputs, 'pg-client': 'image', 'pg-image': image, 'dry-run': 'true' };
      const modes = [
        runs.backupInputs({ ...tools, 'backup-name': 'tried' }),
        runs.restoreInputs(runs.newTarget(), { ...tools, 'backup-name': `planned-${name}` }),
      ];
      for (const mode of modes) {
        const result = await runs.run(mode, { env });
        expectSuccess(result);
        expect(result.stdout).toContain(`in image ${image} (${name})`);
        expect(result.stdout).toMatch(/^dry run: nothing was changed$/m);
      }
      expect(await runs.visible()).toEqual(visible);
      expect(await runProgram(name, ['ps', '-a', '-q'])).toBe(running);
    });

    test('pg_dump in a named container is refused early where it does not see the directory', async () => {
      const id = await keep(name, image);
      const changes = { ...inputs, 'pg-client': 'container', 'pg-container': id, 'backup-name': 'refused' };
      const refused = await runs.run(runs.backupInputs(changes), { env });
      expectFailure(
        refused,
        /^pg_dump cannot write to .* \(local-directory\): .*not to be seen.*mount it there under the same path/,
        /has to run where the directory is/,
      );
      expect((await runs.visible()).filter((entry) => /refused|^\./.test(entry))).toEqual([]);
    });

    test('pg_dump in a named container is used where the directory is mounted', async () => {
      await runs.backUp({ 'backup-name': `before-${name}` });
      const id = await keep(
        name,
        image,
        '--mount',
        `type=bind,"source=${runs.directory.replaceAll('"', '""')}","target=${runs.directory.replaceAll('"', '""')}"`,
      );
      const changes = { ...inputs, 'pg-client': 'container', 'pg-container': id, 'backup-name': `named-${name}` };
      await runs.backUp(changes, { env });
      expect(
        (await readdir(runs.path(`named-${name}`))).filter((file) => file.endsWith('.dat')).length,
      ).toBeGreaterThan(2);
      await runs.restore({ 'backup-name': `named-${name}` });
    });
  });
}
