import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OWN_MARK } from '../../src/store/s3/own-mark.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { clientBin } from '../../testbed/postgres-programs.js';
import { createDatabase, dropDatabase, uniqueName } from '../helpers/databases.js';
import { STRICT_S3 } from '../store/s3-bucket.js';
import { BackupRuns, expectFailure, type Inputs } from './backup-runs.js';
import { parseManifest } from '../../src/store/manifest-text.js';
import { expectDigests } from './digests.js';

let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  runs = await BackupRuns.create();
  database = await createDatabase(runs.postgres, { sql: 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS a' });
});

afterAll(async () => {
  await dropDatabase(runs.postgres, database);
  runs.close();
});

/** A backup that is refused with this line and advice, and leaves the bucket as it was. */
async function expectRefusal(changes: Inputs, firstLine: RegExp, nextStep?: RegExp, env = {}): Promise<string> {
  const before = await runs.visible();
  const result = await runs.run(database, changes, { env });
  expectFailure(result, firstLine, nextStep);
  expect(result.summary).toContain('| checks | ❌ failed |');
  expect(result.outputs['backup-name']).toBe(changes['backup-name'] ?? 'one');
  expect(result.outputs['size-bytes']).toBe('');
  expect(await runs.visible()).toEqual(before);
  return result.annotations.at(-1)?.message ?? '';
}

const onlyStrict = STRICT_S3 ? test : test.skip;

describe('a backup is refused before any work', () => {
  test('a backup is refused with a wrong password', async () => {
    const line = /password authentication failed for user "postgres"$/;
    await expectRefusal({ 'source-password': 'not it' }, line, /Check source-user and source-password/);
  });

  test('a backup is refused when the host does not resolve', async () => {
    const line = /could not translate host name "no-such-host\.invalid"/;
    await expectRefusal({ 'source-host': 'no-such-host.invalid' }, line, /Check source-host/);
  });

  test('a backup is refused when nobody listens at the source', async () => {
    await expectRefusal({ 'source-port': '1' }, /port 1 failed: Connection refused/, /source-host and source-port/);
  });

  test('a backup is refused when the database does not exist', async () => {
    await expectRefusal(
      { database: 'no such' },
      /database "no such" does not exist$/,
      /Check database\. The server has .*db_/,
    );
  });

  test('a backup is refused when it asks for TLS and the server has none', async () => {
    const line = /server does not support SSL, but SSL was required$/;
    await expectRefusal({ 'source-sslmode': 'require' }, line, /Check source-sslmode and ssl-root-cert/);
  });

  test('a backup is refused when the bucket does not exist', async () => {
    const bucket = uniqueName('no-bucket').replace('_', '-');
    await expectRefusal({ 's3-bucket': bucket }, new RegExp(`${bucket} does not exist \\(s3-bucket\\)$`), /S3_BUCKET/);
  });

  onlyStrict('a backup is refused with a wrong secret or an unknown key of the store', async () => {
    const secret = 'not/the+secret=of this key';
    await expectRefusal({ 'aws-secret-access-key': secret }, /refuses the signature \(aws-secret-access-key\)$/);
    await expectRefusal({ 'aws-access-key-id': 'NOBODYSKEY' }, /key is not known to the store \(aws-access-key-id\)$/);
  });

  test('a backup is refused when nobody listens at the store', async () => {
    const line = /http:\/\/127\.0\.0\.1:1 refuses connections \(s3-endpoint\)$/;
    await expectRefusal({ 's3-endpoint': 'http://127.0.0.1:1' }, line, /Check s3-endpoint/);
  });

  test('a backup is refused with all its faults at once', async () => {
    const changes = { 'source-password': 'wrong one', 's3-bucket': 'no-such-bucket-anywhere' };
    const message = await expectRefusal(changes, /^2 checks failed, nothing was done:$/);
    expect(message).toMatch(/^- .*password authentication failed.*\. Check source-user and source-password\.$/m);
    expect(message).toMatch(/^- .*no-such-bucket-anywhere does not exist \(s3-bucket\)\. Check s3-bucket/m);
  });
});

describe('a name that is taken', () => {
  const names = (name: string) => [`${database}/${name}.dump`, `${database}/${name}.manifest.json`] as const;

  test('a name that is taken keeps its backup byte for byte', async () => {
    await runs.succeed(database, { 'backup-name': 'kept' });
    const before = await Promise.all(names('kept').map((key) => runs.bucket.get(key)));
    await expectRefusal({ 'backup-name': 'kept' }, /^the backup kept of .* exists already: s3:\/\//, /`force: true`/);
    expect(await Promise.all(names('kept').map((key) => runs.bucket.get(key)))).toEqual(before);
  });

  test('a name that is taken is taken over with force, archive and manifest together', async () => {
    await runs.succeed(database, { 'backup-name': 'forced' });
    await runs.postgres.psql(database, 'CREATE TABLE added AS SELECT 1 AS a');
    await runs.succeed(database, { 'backup-name': 'forced', force: 'true' });
    const [archive, text] = await Promise.all(names('forced').map((key) => runs.bucket.get(key)));
    expectDigests(parseManifest(text?.toString('utf8') ?? '', 'forced'), archive ?? Buffer.alloc(0));
    expect(archive?.includes('added')).toBe(true);
    await runs.postgres.psql(database, 'DROP TABLE added');
  });

  test('a name is free when a kill has left only an archive of ours without a manifest', async () => {
    const [archive, manifest] = names('leftover');
    await runs.bucket.put(archive, 'half of a backup', OWN_MARK);
    await runs.succeed(database, { 'backup-name': 'leftover' });
    expect((await runs.bucket.get(archive)).subarray(0, 5).toString()).toBe('PGDMP');
    expect(await runs.visible()).toContain(manifest);
  });

  test('a name is taken when older scripts have stored an archive there', async () => {
    const [archive, manifest] = names('theirs');
    await runs.bucket.put(archive, 'all that they have');
    const result = await runs.run(database, { 'backup-name': 'theirs' });
    expectFailure(result, /theirs\.dump is there already, without a manifest/, /overwrite it with `force: true`/);
    expect((await runs.bucket.get(archive)).toString()).toBe('all that they have');
    await runs.succeed(database, { 'backup-name': 'theirs', force: 'true' });
    expect(await runs.visible()).toContain(manifest);
  });
});

describe('tools that do not suit', () => {
  let newer: PostgresServer;

  beforeAll(async () => {
    newer = await startPostgres({ version: 17 });
  });

  afterAll(async () => {
    await newer.stop();
  });

  const found = ['/usr/lib/postgresql', '/usr/pgsql-'].flatMap((folder) =>
    [17, 18, 19].map((major) => `${folder}${folder.endsWith('-') ? '' : '/'}${major}`),
  );
  // Where newer tools are installed, they are found and used.
  const onlyOld = found.some((directory) => existsSync(directory)) ? test.skip : test;

  onlyOld('tools that are too old are named with their version and the needed version', async () => {
    const PATH = await clientBin(15);
    const inputs = { 'source-host': newer.host, 'source-port': String(newer.port), database: 'postgres' };
    const line = /^no usable PostgreSQL tools: path: .*pg_dump 15\.\d+ is older than PostgreSQL 17/;
    await expectRefusal(inputs, line, /PostgreSQL 17 or newer on the runner, or set `pg-container` .* or `pg-image`/, {
      PATH,
    });
  });

  test('unsuitable tools do not matter where suitable ones are on PATH', async () => {
    const lo = "SELECT lo_from_bytea(0, 'an object'); CREATE TABLE t AS SELECT 1 AS a";
    const there = await BackupRuns.create(newer);
    try {
      const name = await createDatabase(newer, { sql: lo });
      const { outputs } = await there.succeed(name, {}, { env: { PATH: await clientBin(17) } });
      expect(outputs).toMatchObject({ 'table-count': '1', 'row-count': '1' });
      expect((await there.bucket.get(`${name}/one.manifest.json`)).toString()).toContain('"kind":"large-objects"');
    } finally {
      there.close();
    }
  });

  test('a backup is refused when there are no tools at all', async () => {
    const empty = await mkdtemp(join(tmpdir(), 'phaselift-empty-'));
    try {
      const env = { PATH: empty };
      const advice = /Install psql, pg_dump and pg_restore on the runner, or set `pg-container`/;
      const nobody = /^no usable PostgreSQL tools: image: docker: not on PATH, podman: not on PATH$/;
      await expectRefusal({ 'pg-client': 'image' }, nobody, advice, env);
      const container = { 'pg-client': 'container', 'pg-container': 'no-such-container' };
      await expectRefusal(container, /^no usable PostgreSQL tools: container: no-such-container: /, advice, env);
    } finally {
      await rm(empty, { recursive: true, force: true });
    }
  });

  test.each([
    [
      '--no-policies',
      /^pg_dump failed \(exit 1\): unrecognized option '--no-policies'$/,
      /too old for it: take it out/,
    ],
    ['--table=nowhere', /^pg_dump failed \(exit 1\): no matching tables were found$/, /the names and patterns/],
  ])('dump-options that pg_dump 17 refuses are told with the input: %s', async (options, line, advice) => {
    const before = await runs.visible();
    const inputs = { 'backup-name': 'refused', 'dump-options': options };
    const result = await runs.run(database, inputs, { env: { PATH: await clientBin(17) } });
    expectFailure(result, line, advice);
    expect(result.annotations.at(-1)?.message).toContain('dump-options');
    expect(await runs.visible()).toEqual(before);
  });

  test('compression that pg_dump 15 does not know is refused, and is right with 17', async () => {
    const line = /^pg_dump 15\.\d+ does not know the compression `zstd:3`; methods came with 16$/;
    const old = await startPostgres({ version: 15 });
    try {
      const there = { 'source-host': old.host, 'source-port': String(old.port), database: 'postgres' };
      const inputs = { ...there, 'source-password': old.password, 'dump-compress': 'zstd:3' };
      await expectRefusal(inputs, line, /Set `dump-compress` to a number/, { PATH: await clientBin(15) });
    } finally {
      await old.stop();
    }

    const env = { PATH: await clientBin(17) };
    for (const [method, rows] of [
      ['zstd:3', 1000],
      ['lz4', null],
    ] as const) {
      const name = `with-${method.replace(':', '-')}`;
      await runs.succeed(database, { 'backup-name': name, 'dump-compress': method }, { env });
      const text = (await runs.bucket.get(`${database}/${name}.manifest.json`)).toString('utf8');
      expect(text).toContain(`"algorithm":"${method.split(':')[0] ?? ''}"`);
      expect(text).toContain(`"rows":${String(rows)},"tables":`);
    }
  });
});
