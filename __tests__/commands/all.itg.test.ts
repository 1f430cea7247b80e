import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { expectFailure } from './backup-runs.js';
import { RestoreRuns, type Inputs } from './restore-runs.js';

const SOURCE = `
  CREATE TABLE t (id int PRIMARY KEY, name text);
  INSERT INTO t SELECT i, 'name ' || i FROM generate_series(1, 100) i;`;

let runs: RestoreRuns;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
});

afterAll(() => runs.close());

const all = (changes: Inputs = {}): Inputs => ({ mode: 'all', ...runs.connection('source'), ...changes });

describe('mode all', () => {
  test('mode all backs up and restores that very backup, into a target that it makes', async () => {
    const target = runs.missingTarget();
    const result = await runs.succeed(target, all({ 'backup-name': 'first' }));
    expect(result.outputs).toMatchObject({
      'backup-name': 'first',
      'backup-uri': runs.uriOf(runs.archiveKey('first')),
      'row-count': '100',
      resumed: 'false',
    });
    await runs.expectRestored(target);
    expect(result.annotations).toEqual([]);
  });

  test('mode all tells the faults of both sides at once, before any work', async () => {
    const target = await runs.emptyTarget();
    const before = await runs.bucket.keys();
    const result = await runs.run(
      target,
      all({ 'backup-name': 'second', 'source-password': 'wrong', 'target-password': 'wrong too' }),
    );
    expectFailure(result, /^2 checks failed, nothing was done/, /source-password/);
    expect(result.annotations[0]?.message).toMatch(/target-password/);
    expect(await runs.bucket.keys()).toEqual(before);
  });

  test('mode all tells of a wrong source password and a full target at once', async () => {
    const target = await runs.emptyTarget('CREATE TABLE mine (a int)');
    const before = await runs.bucket.keys();
    const result = await runs.run(target, all({ 'backup-name': 'second', 'source-password': 'wrong' }));
    expectFailure(result, /^2 checks failed, nothing was done/, /source-password/);
    expect(result.annotations[0]?.message).toMatch(/target database \w+ is not empty.*table public\.mine/);
    expect(await runs.bucket.keys()).toEqual(before);
  });

  test('mode all finds what the target cannot take before the backup begins', async () => {
    const target = await runs.emptyTarget('CREATE TABLE mine (a int)');
    const before = await runs.bucket.keys();
    const result = await runs.run(target, all({ 'backup-name': 'second', 'aws-secret-access-key': 'wrong' }));
    expectFailure(result, /^2 checks failed, nothing was done/, /aws-secret-access-key/);
    expect(result.annotations[0]?.message).toMatch(/target database \w+ is not empty/);
    expect(await runs.bucket.keys()).toEqual(before);
  });

  test('mode all finds at once a target that may not be made and a name that is taken', async () => {
    const result = await runs.run('template0x', all({ 'backup-name': 'first', 'target-user': 'postgres_no' }));
    expectFailure(result, /^2 checks failed, nothing was done/, /backup first of \w+ exists already/);
    expect(result.annotations[0]?.message).toMatch(/target-user/);
  });

  test('mode all names what the role may not create before the backup begins', async () => {
    await runs.server.psql(
      runs.source,
      `CREATE FUNCTION note() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
       CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION note();`,
    );
    const target = await runs.emptyTarget();
    const before = await runs.bucket.keys();
    const result = await runs.run(target, all({ 'backup-name': 'third' }));
    expectFailure(result, /cannot create 1 objects? of this backup: EVENT TRIGGER noting/, /skip-entries/);
    expect(await runs.bucket.keys()).toEqual(before);
    await runs.expectUntouched(target);

    await runs.succeed(target, all({ 'backup-name': 'third', 'skip-entries': 'EVENT TRIGGER noting' }));
    await runs.server.psql(runs.source, 'DROP EVENT TRIGGER noting; DROP FUNCTION note()');
  });
});
