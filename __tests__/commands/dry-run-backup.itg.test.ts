import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BackupPlan } from '../../src/report/run-plan.js';
import type { Login } from '../../testbed/database-server.js';
import { GatedPgDump } from '../dump/gated-pg-dump.js';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { BackupRuns, expectFailure, type Inputs } from './backup-runs.js';
import { DirectoryRuns } from './directory-runs.js';

const SQL = `
  CREATE TABLE big (id int PRIMARY KEY, note text);
  INSERT INTO big SELECT g, repeat(md5(g::text), 20) FROM generate_series(1, 20000) g;
  CREATE TABLE small (id int);
  INSERT INTO small SELECT g FROM generate_series(1, 100) g;`;

interface Plan {
  mode: string;
  backup: Omit<BackupPlan, 'time'> & { estimatedSeconds: number | null; estimatedBy: string };
  restore: null;
  notChecked: string[];
  units: unknown[];
}

let runs: BackupRuns;
let proxy: MeddlingProxy;
let database: string;
/** May read, and nothing else. */
let reader: Login;

beforeAll(async () => {
  runs = await BackupRuns.create();
  proxy = await MeddlingProxy.start(runs.bucket.settings.endpoint ?? '');
  database = await createDatabase(runs.postgres, { sql: SQL });
  reader = await createRole(runs.postgres);
  await runs.postgres.psql(database, `GRANT SELECT ON big, small TO "${reader.user}"; ANALYZE`);
});

beforeEach(() => {
  proxy.lines.length = 0;
  proxy.meddler = () => undefined;
});

afterAll(async () => {
  await proxy.stop();
  await dropDatabase(runs.postgres, database);
  runs.close();
});

const dry = (changes: Inputs = {}): Inputs => ({ 'dry-run': 'true', 's3-endpoint': proxy.endpoint, ...changes });

const planOf = ({ outputs }: ActionResult): Plan => JSON.parse(outputs['plan'] ?? '') as Plan;

/** The line that tells how many sessions read. */
const readersLine = ({ stdout }: ActionResult): string | undefined => /^\d+ readers?(?:: .*)?$/m.exec(stdout)?.[0];

/** Nothing was asked of the store but to read, and no session is left in the server. */
async function expectNothingChanged(before: readonly string[]): Promise<void> {
  expect(proxy.lines.length).toBeGreaterThan(0);
  expect(proxy.lines.filter((line) => !/^(?:GET|HEAD) /.test(line))).toEqual([]);
  expect(await runs.visible()).toEqual(before);
  const sql = `SELECT count(*) FROM pg_stat_activity WHERE datname = '${database}' AND application_name LIKE 'phaselift%'`;
  expect(await runs.postgres.psql('postgres', sql)).toBe('0');
}

describe('a backup in a dry run', () => {
  test('a dry run of a backup tells size, parts and readers, of a role and with keys that may only read', async () => {
    proxy.meddler = (line) => (/^(?:DELETE|PUT|POST)/.test(line) ? { status: 403 } : undefined);
    const before = await runs.visible();
    const login = { 'source-user': reader.user, 'source-password': reader.password };
    const result = await runs.succeed(database, dry({ 'dump-jobs': '2', ...login }));
    await expectNothingChanged(before);
    const { mode, backup, restore, units, notChecked } = planOf(result);
    expect({ mode, restore, units }).toEqual({ mode: 'backup', restore: null, units: [] });
    expect(backup).toMatchObject({
      name: 'one',
      uri: `s3://${runs.bucket.settings.bucket}/${database}/one.dump`,
      replaces: false,
      tables: 2,
      partBytes: 8 * 1024 * 1024,
      readers: 2,
      readersReason: null,
      estimatedSeconds: null,
      estimatedBy: 'no earlier backup to estimate by',
    });
    expect(backup.parts).toBe(Math.ceil(backup.estimatedBytes / (8 * 1024 * 1024)));
    expect(notChecked).toEqual([`whether this run can write to ${backup.uri}`]);
    expect(result.outputs).toMatchObject({ 'backup-name': '', 'backup-uri': '', 'size-bytes': '', phases: '[]' });
    expect(result.stdout).toMatch(/^not checked, as it would write: whether this run can write to /m);
    expect(result.stdout).toMatch(/^dry run: nothing was changed$/m);
    expect(result.stdout).toMatch(/^readers +2$/m);
    expect(result.summary).toMatch(
      /^\*\*Dry run: would back up as <code>one<\/code> \(about .*\); nothing was changed\*\*/m,
    );
    expect(result.summary).toMatch(/^\| time \| not known&#58; no earlier backup to estimate by \|$/m);
    expect(result.annotations).toEqual([]);
    expect(result.state).toEqual({});

    const real = await runs.succeed(database, { 'dump-jobs': '2', 'backup-name': 'real' });
    expect(readersLine(result)).toBe('2 readers');
    expect(readersLine(real)).toBe('2 readers');
    const size = Number(real.outputs['size-bytes']);
    expect(backup.estimatedBytes / size).toBeGreaterThan(0.7);
    expect(backup.estimatedBytes / size).toBeLessThan(1.5);
    expect(real.outputs['plan']).toBe('');
  });

  test('a dry run of a backup begins no pg_dump', async () => {
    const killed = await GatedPgDump.create(runs.postgres.programs, { killedAt: '*--format*' });
    try {
      await runs.succeed(database, dry({ 'backup-name': 'none' }), { env: killed.env });
      expectFailure(await runs.run(database, { 'backup-name': 'none' }, { env: killed.env }), /pg_dump/);
    } finally {
      await killed.remove();
    }
  });

  test('a dry run of a backup estimates its time by the last one, and refuses a name that is taken as a real run does', async () => {
    await runs.succeed(database, { 'backup-name': 'taken' });
    const before = await runs.visible();
    const refused = await runs.run(database, dry({ 'backup-name': 'taken' }));
    expectFailure(refused, /^the backup taken of \w+ exists already/, /`force: true`/);
    expect(refused.outputs['plan']).toBe('');
    const { backup } = planOf(await runs.succeed(database, dry({ 'backup-name': 'taken', force: 'true' })));
    expect(backup).toMatchObject({
      replaces: true,
      estimatedBy: expect.stringMatching(/^by the last backup, taken: /) as unknown,
    });
    expect(backup.estimatedSeconds).toBeGreaterThan(0);
    const packed = planOf(await runs.succeed(database, dry({ 'backup-name': 'packed', 'dump-compress': '6' })));
    expect(packed.backup).toMatchObject({ storedBytes: null, estimatedSeconds: null });
    await expectNothingChanged(before);
  });

  test('a dry run of a backup tells all that a real run could not do', async () => {
    const wrong = { 'source-password': 'wrong', 'aws-secret-access-key': 'wrong' };
    const result = await runs.run(database, dry(wrong));
    expectFailure(result, /^2 checks failed, nothing was done/, /source-password/);
    expect(result.annotations[0]?.message).toMatch(/aws-secret-access-key/);
  });

  test('a dry run of a backup names the tables that the role may not read', async () => {
    const other = await createDatabase(runs.postgres, {
      sql: 'CREATE TABLE mine (a int); CREATE TABLE secret (a int); CREATE TABLE hidden (a int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY;',
    });
    try {
      await runs.postgres.psql(other, `GRANT SELECT ON mine, hidden TO "${reader.user}"`);
      const login = { 'source-user': reader.user, 'source-password': reader.password };
      const refusal = /may not read 2 objects of .*: TABLE public\.hidden, TABLE public\.secret$/;
      expectFailure(await runs.run(other, dry(login)), refusal);
      expectFailure(await runs.run(other, login), refusal);
      const leaving = { ...login, 'dump-options': '--exclude-table=secret\n--exclude-table=hidden' };
      const result = await runs.succeed(other, dry(leaving));
      const told =
        /^the role may not read all of public\.hidden, public\.secret: pg_dump fails there, unless dump-options/;
      expect(result.annotations).toMatchObject([{ level: 'warning', message: expect.stringMatching(told) as unknown }]);
      expect(result.summary).toContain('public.hidden, public.secret');
      await runs.succeed(other, leaving);
    } finally {
      await dropDatabase(runs.postgres, other);
    }
  });

  test('a dry run of a backup into a directory makes none', async () => {
    const local = await DirectoryRuns.create(sharedPostgres(), SQL);
    try {
      const result = await local.run(local.backupInputs({ 'dry-run': 'true', 'dump-jobs': '3' }));
      expect(result.exitCode).toBe(0);
      expect(planOf(result).backup).toMatchObject({ uri: local.path('one'), partBytes: null, parts: null, readers: 3 });
      expect(planOf(result).notChecked).toEqual([`whether pg_dump can write to ${local.path('one')}`]);
      await expect(readdir(local.directory)).rejects.toThrow(/ENOENT/);
      await local.backUp();
      const before = await local.visible();
      await local.run(local.backupInputs({ 'dry-run': 'true', 'backup-name': 'two' }));
      expect(await local.visible()).toEqual(before);
    } finally {
      await local.close();
    }
  });
});
