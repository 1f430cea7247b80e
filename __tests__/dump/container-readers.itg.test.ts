import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runProgram } from '../../testbed/run-program.js';
import { BackupRuns } from '../commands/backup-runs.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { until } from '../postgres/toolbox/processes.js';
import { runtimeEnv, startRuntimes } from '../postgres/toolbox/runtimes.js';
import { HeldReaders, sessionsOf } from './held-readers.js';
import { expectSameAsPgDump, type Trial } from './reader-trial.js';

const runtimes = await startRuntimes();
const SOURCE = `
  CREATE UNLOGGED TABLE large AS SELECT g, repeat('x', 1000) AS filler FROM generate_series(1, 120000) g;
  CREATE TABLE "odd ""name"" \\ $x" (a int, "b) TO" text); INSERT INTO "odd ""name"" \\ $x" VALUES (1, '\\.'), (2, NULL);
  SELECT lo_from_bytea(0, 'a large object');`;

let runs: BackupRuns;
let database: string;
const containers: (readonly [string, string])[] = [];

beforeAll(async () => {
  runs = await BackupRuns.create();
  database = await createDatabase(runs.postgres, { sql: SOURCE });
});
afterAll(async () => {
  for (const [runtime, name] of containers) await runProgram(runtime, ['rm', '-f', name]);
  await dropDatabase(runs.postgres, database);
  runs.close();
  await runtimes.stop();
});

for (const runtime of runtimes.all) {
  if ('missing' in runtime) {
    test.skip(`${runtime.name}: ${runtime.missing.replaceAll('\n', ' ')}`, () => undefined);
    continue;
  }
  const { name, image } = runtime;
  const env = runtimeEnv();

  /** A backup by three readers, whose tools are in a container that runs until the end of the tests. */
  async function inContainer(): Promise<{ id: string; trial: Trial }> {
    const sleeping = ['--entrypoint', 'sleep', image, '600'];
    const id = (await runProgram(name, ['run', '-d', '--network', 'host', ...sleeping])).trim();
    containers.push([name, id]);
    const inputs = { 'container-runtime': name, 'pg-client': 'container', 'pg-container': id, 'dump-jobs': '3' };
    return { id, trial: { with: inputs, env } };
  }

  test(`an archive of readers in a container of ${name} is as pg_dump makes it`, async () => {
    const { trial } = await inContainer();
    await expectSameAsPgDump(runs, database, trial);
    await until(async () => (await sessionsOf(runs.postgres, database)).length === 0);
  });

  test(`readers in a container of ${name} and their sessions are gone when the action is killed`, async () => {
    const { id, trial } = await inContainer();
    const held = await HeldReaders.start(runs, database, trial);
    expect((await sessionsOf(runs.postgres, database)).length).toBeGreaterThan(2);
    held.handle.kill('SIGKILL');
    expect(await held.handle.done).toMatchObject({ signal: 'SIGKILL' });
    await held.loseStore();
    await until(async () => (await sessionsOf(runs.postgres, database)).length === 0);
    const processesIn = (): Promise<string> => runProgram(name, ['top', id]);
    await until(async () => !/psql|pg_dump/.test(await processesIn()));
  });
}
