import { beforeAll, describe, expect, test } from '@jest/globals';
import { sharedS3 } from '../helpers/shared-servers.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { expectFailure } from './backup-runs.js';
import { runs, useGatedRuns } from './gated-runs.js';
import { GATES } from './restore-gates.js';
import { ended, succeeded } from './restore-runs.js';
import { finishRestore, stopRestore, unfinishedRestore } from './stopped-restore.js';

useGatedRuns();

test('a store that stops half-way ends the restore; when it is back, the restore goes on', async () => {
  const proxy = await MeddlingProxy.start(sharedS3().endpoint);
  const stopped = await stopRestore(runs, GATES.data, { 's3-endpoint': proxy.endpoint });
  proxy.meddler = () => ({ cutAfterBytes: 0 });
  await stopped.gate.release();
  const result = await ended(stopped.handle);
  await proxy.stop();
  expectFailure(result, /cannot read s3:\/\/.*one\.dump/, /./);
  await finishRestore(runs, stopped);
});

test('a second restore into the same target is refused while the first is alive', async () => {
  const stopped = await stopRestore(runs, GATES.data);
  const second = await runs.run(stopped.target);
  expectFailure(
    second,
    /another restore is at work in this database \(session \d+/,
    /Wait for it to end, or cancel it/,
  );
  await stopped.gate.release();
  const first = await succeeded(stopped.handle);
  expect(first.outputs['resumed']).toBe('false');
  await runs.expectRestored(stopped.target);
});

describe('a target with an unfinished restore', () => {
  let target: string;

  beforeAll(async () => {
    target = await unfinishedRestore(runs, GATES.data, { 'index-strategy': 'empty-keys-last' });
    await runs.backUp('two');
  });

  test('a target with an unfinished restore refuses another backup, and says how to go on', async () => {
    const result = await runs.run(target, { 'backup-name': 'two' });
    expectFailure(result, /holds an unfinished restore of another backup: one of db_\w+ \(s3:/, /`backup-name: one`/);
  });

  test('a target with an unfinished restore refuses the backup of another database', async () => {
    await runs.bucket.put('other/two.dump', await runs.bucket.get(runs.archiveKey('two')));
    await runs.bucket.put('other/two.manifest.json', await runs.bucket.get(runs.manifestKey('two')));
    const result = await runs.run(target, { database: 'other', 'backup-name': 'latest' });
    expectFailure(result, /holds an unfinished restore of another backup: one of db_/, /`backup-name: one`/);
  });

  test('a restore of `latest` goes on with the backup and the plan that it began with', async () => {
    const result = await runs.succeed(target, {
      'backup-name': 'latest',
      'restore-jobs': '3',
      'index-strategy': 'after-data',
    });
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true' });
    expect(result.stdout).toMatch(/^index strategy: empty-keys-last$/m);
    expect(result.annotations.map(({ message }) => message)).toEqual([
      '`index-strategy: after-data` does not count: the restore was begun with empty-keys-last',
    ]);
    await runs.expectRestored(target);
  });
});

test('what failed can be left out by `skip-entries` when the restore is run again', async () => {
  const { server } = runs;
  const source = runs.missingTarget();
  await server.psql('postgres', `CREATE DATABASE ${source} OWNER ${runs.owner.user} TEMPLATE template0`);
  const sql = `CREATE TABLE t (id int); INSERT INTO t SELECT generate_series(1, 10); CREATE INDEX good ON t (id);
    CREATE FUNCTION only_here(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
      IF current_database() <> '${source}' THEN RAISE 'not here' USING ERRCODE = '42501'; END IF;
      RETURN $1; END $$;
    CREATE INDEX bad ON t (only_here(id)); COMMENT ON INDEX bad IS 'gone with it';
    CREATE MATERIALIZED VIEW m AS SELECT count(*) AS n FROM t;`;
  await server.psql(source, sql, runs.owner);
  await runs.backUp('one', { database: source });
  const target = await runs.emptyTarget();
  const result = await runs.run(target, { database: source });
  expectFailure(
    result,
    /INDEX public\.bad: 42501 insufficient_privilege, in PL\/pgSQL function public\.only_here/,
    /run the restore again to go on.*leave the object out with `skip-entries`/,
  );

  const again = await runs.succeed(target, { database: source, 'skip-entries': 'INDEX bad' });
  expect(again.outputs['resumed']).toBe('true');
  expect(again.stdout).toMatch(/INDEX public\.bad is not restored: skip-entries says `INDEX bad`/);
  const indexes = "SELECT string_agg(indexrelid::regclass::text, ' ') FROM pg_index WHERE indrelid = 't'::regclass";
  expect(await server.psql(target, `${indexes}; SELECT count(*) FROM t; SELECT n FROM m`)).toBe('good\n10\n10');
});

describe('mode all on a target with an unfinished restore', () => {
  test('mode all goes on with an unfinished restore, without a new backup', async () => {
    const target = await unfinishedRestore(runs, GATES.dataWithoutKey);
    const before = await runs.bucket.keys();
    const result = await runs.succeed(target, {
      mode: 'all',
      'backup-name': 'another',
      ...runs.connection('source'),
    });
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', resumed: 'true' });
    expect(result.stdout).toMatch(/unfinished restore of one: going on with it, without a new backup/);
    expect(await runs.bucket.keys()).toEqual(before);
    await runs.expectRestored(target);
  });

  test('mode all refuses the unfinished restore of another database, and backs nothing up', async () => {
    const target = await unfinishedRestore(runs, GATES.data);
    const before = await runs.bucket.keys();
    const result = await runs.run(target, { mode: 'all', database: 'postgres', ...runs.connection('source') });
    expectFailure(result, /holds an unfinished restore of another (database|backup): one of db_/, /`database: db_\w+`/);
    expect(await runs.bucket.keys()).toEqual(before);
  });
});
