import { readFile, rm, writeFile, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import * as z from 'zod';
import { JOURNAL_SCHEMA } from '../../src/postgres/contents.js';
import { manifestSchema, type Manifest } from '../../src/store/manifest.js';
import { MANIFEST_SUFFIX } from '../../src/store/names.js';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase, createRole, dropDatabase, dumpText, uniqueName } from '../helpers/databases.js';
import { BackupRuns, checked, type Inputs } from './backup-runs.js';
import { expectDigests } from './digests.js';

let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  runs = await BackupRuns.create();
  const sql = await readFile(join(PROJECT_DIRECTORY, '__tests__/fixtures/archives/source.sql'), 'utf8');
  database = await createDatabase(runs.postgres, { sql });
});

afterAll(async () => {
  await dropDatabase(runs.postgres, database);
  runs.close();
});

/** Runs a backup of the sample database that must be well, and returns its manifest. */
async function backUp(name: string, changes: Inputs = {}): Promise<Manifest> {
  await runs.succeed(database, { 'backup-name': name, ...changes });
  return manifestOf(database, name);
}

async function manifestOf(of: string, name: string): Promise<Manifest> {
  const text = await runs.bucket.get(`${of}/${name}${MANIFEST_SUFFIX}`);
  return manifestSchema.parse(JSON.parse(text.toString('utf8')));
}

describe('a backup', () => {
  test('a backup is an archive that stock pg_restore restores, beside its manifest', async () => {
    const result = await runs.succeed(database, { 'backup-name': 'whole', 's3-prefix': '/nightly/' });
    const uri = `s3://${runs.bucket.settings.bucket}/nightly/${database}/whole`;
    expect(await runs.visible()).toEqual([`nightly/${database}/whole.dump`, `nightly/${database}/whole.manifest.json`]);
    const bytes = await runs.bucket.get(`nightly/${database}/whole.dump`);
    const text = (await runs.bucket.get(`nightly/${database}/whole.manifest.json`)).toString('utf8');
    expect(result.outputs).toMatchObject({
      'backup-uri': `${uri}.dump`,
      'backup-name': 'whole',
      'manifest-uri': `${uri}.manifest.json`,
      'size-bytes': String(bytes.length),
      'table-count': '7',
      'row-count': '413',
      phases: '[]',
      resumed: 'false',
    });
    expect(result.summary).toMatch(/^## ✅ Backup of/);

    const manifest: Manifest = manifestSchema.parse(JSON.parse(text));
    const published: unknown = JSON.parse(await readFile(join(PROJECT_DIRECTORY, 'docs/manifest.schema.json'), 'utf8'));
    z.fromJSONSchema(z.record(z.string(), z.json()).parse(published)).parse(JSON.parse(text));
    expectDigests(manifest, bytes);
    expect(manifest.summary).toMatchObject({ database, name: 'whole', rows: 413, tables: 7 });
    const names = manifest.source.relations.map(({ kind, schema, name }) => `${kind} ${schema}.${name}`);
    expect(names).toEqual(expect.arrayContaining(['table app.t', 'index app.t_v', 'table app.Odd "name" 🚀']));

    const restored = uniqueName('restored');
    const directory = await mkdtemp(join(tmpdir(), 'phaselift-test-'));
    try {
      const file = join(directory, 'whole.dump');
      await writeFile(file, bytes);
      const pgRestore = join(runs.postgres.programs, 'pg_restore');
      await createDatabase(runs.postgres, { name: restored });
      const env = runs.postgres.environment(restored);
      await runProgram(pgRestore, ['--exit-on-error', `--dbname=${restored}`, file], { env });
      expect(await dumpText(runs.postgres, restored)).toBe(await dumpText(runs.postgres, database));
    } finally {
      await rm(directory, { recursive: true, force: true });
      await dropDatabase(runs.postgres, restored);
    }
  });

  test('a backup without a name gets that of its start in UTC', async () => {
    const { outputs } = await runs.succeed(database, { 'backup-name': '' });
    expect(outputs['backup-name']).toMatch(/^20\d{6}-\d{6}$/);
    expect(await runs.visible()).toContain(`${database}/${outputs['backup-name'] ?? ''}.dump`);
  });

  test('a backup goes to one exact object when asked', async () => {
    const uri = `s3://${runs.bucket.settings.bucket}/exact/object.dump`;
    const { outputs } = await runs.succeed(database, { 's3-bucket': '', 'backup-name': '', 's3-uri': uri });
    expect(outputs).toMatchObject({ 'backup-uri': uri, 'backup-name': 'object' });
    expect(await runs.bucket.keys('exact/')).toEqual(['exact/object.dump', 'exact/object.manifest.json']);
  });

  test('a backup is compressed as asked, and its rows are counted all the same', async () => {
    const [plain, fast, best] = [
      await backUp('z0'),
      await backUp('z1', { 'dump-compress': '1' }),
      await backUp('z6', { 'dump-compress': '6' }),
    ];
    const saysLevel = parseInt(plain.summary.dumpVersion) <= 15;
    expect([plain, fast, best].map(({ archive }) => archive.compression)).toEqual([
      { algorithm: 'none', level: null },
      // Archives of pg_dump 16 and newer do not say the level.
      { algorithm: 'gzip', level: saysLevel ? 1 : null },
      { algorithm: 'gzip', level: saysLevel ? 6 : null },
    ]);
    expect([plain, fast, best].map(({ summary }) => summary.rows)).toEqual([413, 413, 413]);
    expect(fast.archive.sizeBytes).toBeLessThan(plain.archive.sizeBytes);
    expectDigests(best, await runs.bucket.get(`${database}/z6.dump`));
  });

  test('a backup hands dump-options to pg_dump: no row counts for INSERTs, no excluded data', async () => {
    const inserts = await runs.succeed(database, { 'backup-name': 'inserts', 'dump-options': '--inserts' });
    expect(inserts.outputs['row-count']).toBe('');
    expect((await manifestOf(database, 'inserts')).summary.rows).toBeNull();

    const options = '--exclude-table-data=app.t\n\n--exclude-table=app."Odd"*';
    const without = await backUp('without', { 'dump-options': options });
    expect(without.summary).toMatchObject({ tables: 5, rows: 111 });
    expect(without.source.options.dumpOptions).toEqual(['--exclude-table-data=app.t', '--exclude-table=app."Odd"*']);
  });

  test('a backup never holds the journal of a restore that goes on, and warns of it', async () => {
    const sql = `CREATE SCHEMA ${JOURNAL_SCHEMA}; CREATE TABLE ${JOURNAL_SCHEMA}.units AS SELECT 1 AS unit`;
    await runs.postgres.psql(database, sql);
    try {
      const result = await runs.succeed(database, { 'backup-name': 'journal' });
      expect(result.annotations).toEqual([
        expect.objectContaining({ level: 'warning', message: expect.stringContaining('has begun and not ended') }),
      ]);
      expect((await manifestOf(database, 'journal')).summary.tables).toBe(7);
      expect((await runs.bucket.get(`${database}/journal.dump`)).includes(JOURNAL_SCHEMA)).toBe(false);
    } finally {
      await runs.postgres.psql(database, `DROP SCHEMA ${JOURNAL_SCHEMA} CASCADE`);
    }
  });

  test.each(['host=evil.invalid port=1', `it's an "odd" {name}, 50 % of it`, 'postgres:evil@x', 'größe 🚀'])(
    'a backup of a database called %p is of that database',
    async (odd) => {
      const name = `${uniqueName('')} ${odd}`;
      const sql = `CREATE TABLE proof AS SELECT 'of this one'::text AS here`;
      // A name that begins as a connection string does: nothing may stand before it.
      const exact = odd.startsWith('host=') ? odd : name;
      await createDatabase(runs.postgres, { name: exact, sql });
      try {
        await runs.succeed(exact);
        expect((await runs.bucket.get(`${exact}/one.dump`)).includes('of this one')).toBe(true);
        expect((await manifestOf(exact, 'one')).summary).toMatchObject({ database: exact, rows: 1 });
      } finally {
        await dropDatabase(runs.postgres, exact);
      }
    },
  );

  test('a backup takes a URL with an encoded password, and shows neither form of it', async () => {
    const role = await createRole(runs.postgres);
    const own = await createDatabase(runs.postgres, { owner: role, sql: 'CREATE TABLE mine AS SELECT 1 AS a' });
    try {
      const none = { 'source-host': '', 'source-port': '', 'source-user': '', database: '' };
      const inputs = { ...none, 'source-password': '', 'source-url': runs.postgres.url(own, role) };
      const handle = await runs.start(own, inputs);
      const result = await checked(handle, { ...inputs, 'source-password': role.password });
      expect(result.exitCode).toBe(0);
      expect((await manifestOf(own, 'one')).summary).toMatchObject({ database: own, rows: 1 });
    } finally {
      await dropDatabase(runs.postgres, own);
    }
  });
});
