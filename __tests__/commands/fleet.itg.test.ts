import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateMultipartUploadCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackupLine, StatusLine } from '../../src/report/run-report.js';
import type { Login } from '../../testbed/database-server.js';
import { callersNodeProgram, PROJECT_DIRECTORY } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { bundle } from '../cli/cli-runs.js';
import { createDatabase, createRole, dropDatabase, quoteIdentifier } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';
import { STRICT_S3 } from '../store/s3-bucket.js';
import { expectFailure, type Inputs } from './backup-runs.js';
import { StoreRuns } from './store-runs.js';

/** Many databases on a real server, and their backups in a real bucket. */

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

/** In every name, as other tests use the same server. */
const tag = `fleet${randomUUID().slice(0, 6)}`;
const OURS = { databases: `${tag}*` };
const ODD = `${tag}_odd"'🚀 ::error::x`;
const [BY_HOURS, BY_CRON, YOUNG, FORBIDDEN, STRAY] = ['by_hours', 'by_cron', 'young', 'forbidden', 'stray'].map(
  (name) => `${tag}_${name}`,
) as [string, string, string, string, string];
const NEWLINE = `${tag}_new\nline`;
const [TEMPLATE, CLOSED] = [`${tag}_template`, `${tag}_closed`];
const DATABASES = [BY_HOURS, BY_CRON, YOUNG, FORBIDDEN, STRAY, ODD, NEWLINE, TEMPLATE, CLOSED];

const RULES = `defaults: { max-shrink: 50% }
databases:
  - { match: ${BY_HOURS}, every: 6h, max-age: 6h }
  - { match: [${BY_CRON}, ${tag}_ghost*], every: '* * * * *', timezone: Europe/Berlin, max-age: 2d }
  - { match: '${tag}*', exclude: ${STRAY} }
`;

const postgres = sharedPostgres();
let runs: StoreRuns;
let directory: string;
let config: string;
let reader: Login;
let owner: Login;

async function fileOf(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

async function dumpOf(database: string): Promise<Buffer> {
  const file = join(directory, 'archive');
  const args = ['--format=custom', `--file=${file}`];
  await runProgram(join(postgres.programs, 'pg_dump'), args, { env: postgres.environment(database) });
  return readFile(file);
}

async function putDump(database: string, name: string, takenAt: string): Promise<void> {
  await runs.putArchive(database, name, await dumpOf(database), (manifest) => {
    manifest.summary.takenAt = takenAt;
  });
}

beforeAll(async () => {
  runs = await StoreRuns.create();
  directory = await mkdtemp(join(tmpdir(), 'phaselift-test-'));
  config = await fileOf('rules.yml', RULES);
  [reader, owner] = [await createRole(postgres), await createRole(postgres)];
  for (const name of DATABASES) await createDatabase(postgres, { name, ...(name === FORBIDDEN ? { owner } : {}) });
  const quoted = (name: string): string => quoteIdentifier(name);
  await postgres.psql(
    'postgres',
    `REVOKE CONNECT ON DATABASE ${quoted(FORBIDDEN)} FROM PUBLIC; ALTER DATABASE ${quoted(TEMPLATE)} IS_TEMPLATE true;
     ALTER DATABASE ${quoted(CLOSED)} ALLOW_CONNECTIONS false;`,
  );
  await postgres.psql(
    YOUNG,
    `CREATE TABLE orders AS SELECT generate_series(1, 1000) AS id; CREATE TABLE kept AS SELECT * FROM orders;
     CREATE TABLE "Odd | name" AS SELECT 1 AS id;`,
  );
  await putDump(YOUNG, 'before', ago(2 * DAY_MS));
  await postgres.psql(YOUNG, 'DELETE FROM orders WHERE id > 10; INSERT INTO kept SELECT * FROM kept LIMIT 500;');
  await putDump(YOUNG, 'after', ago(HOUR_MS));
  await runs.putBackup(BY_HOURS, 'of-today', ago(7 * HOUR_MS));
  await runs.putLoneArchive(BY_HOURS, 'dead');
  await runs.putBackup(BY_CRON, 'newest', ago(2 * MINUTE_MS));
  await runs.bucket.put(runs.archiveKey(BY_CRON, 'odd'), 'x');
  await runs.bucket.put(runs.manifestKey(BY_CRON, 'odd'), 'hello');
  await runs.putBackup(`${tag}_dropped`, 'last', ago(90 * DAY_MS));
  const { admin, settings } = runs.bucket;
  const upload = { Bucket: settings.bucket, Key: runs.archiveKey(YOUNG, 'cut') };
  await admin.send(new CreateMultipartUploadCommand(upload));
}, 120_000);

afterAll(async () => {
  await postgres.psql('postgres', `ALTER DATABASE ${quoteIdentifier(TEMPLATE)} IS_TEMPLATE false;`);
  for (const name of DATABASES) await dropDatabase(postgres, name);
  for (const { user } of [reader, owner]) await postgres.psql('postgres', `DROP ROLE ${quoteIdentifier(user)};`);
  await rm(directory, { recursive: true });
  runs.close();
});

function ofServer(changes: Inputs = {}): Inputs {
  return {
    'source-host': postgres.host,
    'source-port': String(postgres.port),
    'source-user': reader.user,
    'source-password': reader.password,
    config,
    ...OURS,
    ...changes,
  };
}

/** The lines of the table that begins with `DATABASE`, and its head. */
function tableOf({ lines }: ActionResult): string[] {
  const start = lines.findIndex((line) => line.startsWith('DATABASE'));
  return lines.slice(start, lines.indexOf('::endgroup::', start));
}

const errorOf = ({ annotations }: ActionResult): string[] =>
  annotations.find(({ level }) => level === 'error')?.message.split('\n') ?? [];
const warningsOf = ({ annotations }: ActionResult): string =>
  annotations.flatMap(({ level, message }) => (level === 'warning' ? [message] : [])).join('\n');
const backupsOf = ({ outputs }: ActionResult): BackupLine[] => JSON.parse(outputs['backups'] ?? '') as BackupLine[];
const statusOf = ({ outputs }: ActionResult): StatusLine[] => JSON.parse(outputs['status'] ?? '') as StatusLine[];
const dueIn = ({ outputs }: ActionResult) =>
  (JSON.parse(outputs['matrix'] ?? '') as { include: Record<string, unknown>[] }).include;

describe('mode databases', () => {
  test('databases shows what a server has, its rules and its backups, and what is due in the order of its age', async () => {
    const result = await runs.succeed('databases', '', ofServer());
    const include = dueIn(result);
    expect(include.map(({ database }) => database)).toEqual([ODD, BY_HOURS, BY_CRON]);
    expect(include[1]).toEqual({
      database: BY_HOURS,
      due: true,
      sizeBytes: expect.any(Number),
      newestBackup: 'of-today',
      ageSeconds: expect.closeTo((7 * HOUR_MS) / 1000, -2),
    });
    expect(result.outputs['due-count']).toBe('3');
    const table = tableOf(result).join('\n');
    expect(table).toMatch(new RegExp(`^${BY_HOURS} .* MiB +1 B +of-today +7 hr +${BY_HOURS} +due$`, 'm'));
    expect(table).toMatch(new RegExp(`^${BY_CRON} .* newest +\\d min .*, ${tag}_ghost\\* +due$`, 'm'));
    expect(table).toMatch(new RegExp(`^${YOUNG} .* after +1 hr +${tag}\\* +not due$`, 'm'));
    expect(table).toMatch(new RegExp(`^${FORBIDDEN} +- +- +- +- +${tag}\\* +no access$`, 'm'));
    expect(table).toMatch(new RegExp(`^${STRAY} .* no rule$`, 'm'));
    for (const line of [
      `${TEMPLATE} was passed over: a template`,
      `${CLOSED} was passed over: it takes no connections`,
      `no rule matches ${STRAY}: not backed up`,
      `no database matches \`${tag}_ghost*\`, of the rule in line 4 of ${config}`,
    ])
      expect(result.lines).toContain(line);
    expect(warningsOf(result)).toContain(`${FORBIDDEN}: the role may not connect to it: GRANT CONNECT, or exclude it`);
    expect(warningsOf(result)).toContain(
      `${tag}_new\\nline: its name cannot be that of a folder: it contains a control character`,
    );
    expect(result.summary).toMatch(/^## ✅ Databases of the server\n\n\*\*Found 7 databases, 3 due\*\*/);
    // A name is no command for the runner.
    expect(result.lines.filter((line) => line.startsWith('::error'))).toEqual([]);
  });

  test('databases fails where there is nothing to back up, or the server refuses, and says so', async () => {
    const none = await runs.run('databases', '', ofServer({ databases: `${tag}_nothing*` }));
    expectFailure(none, new RegExp(`:${postgres.port} has no database that is meant; it has `));
    expect(none.outputs).toMatchObject({ matrix: '', 'due-count': '' });
    expectFailure(await runs.run('databases', '', ofServer({ 'source-password': 'wrong' })), /password|authentication/);
  });

  test('a place that does not answer makes its databases due, and those of other places as they are', async () => {
    const rules = `defaults: { every: 1d }\ndatabases:\n  - { match: ${BY_HOURS}, s3-bucket: there-is-none-${tag} }\n  - { match: ${YOUNG}, s3-bucket: ${runs.bucket.settings.bucket} }\n`;
    const partly = { config: await fileOf('partly.yml', rules), 's3-bucket': '' };
    const result = await runs.succeed('databases', '', ofServer(partly));
    expect(dueIn(result)).toEqual([expect.objectContaining({ database: BY_HOURS, newestBackup: null })]);
    expect(warningsOf(result)).toMatch(
      new RegExp(
        `^${BY_HOURS}: its backups cannot be looked up: cannot list .*: the bucket there-is-none-${tag} does not exist`,
        'm',
      ),
    );
    expectFailure(
      await runs.run('databases', '', ofServer({ 's3-bucket': `there-is-none-${tag}` })),
      /the bucket there-is-none-\S+ does not exist/,
    );
  });

  test('all faults of a file of rules are told at once, each with its place', async () => {
    const bad = await fileOf('bad.yml', 'databases:\n  - { match: a, evry: 1d, every: sometimes }\n  - { match: a }\n');
    const result = await runs.run('databases', '', ofServer({ config: bad }));
    expectFailure(result, /^3 faults in .*bad\.yml:$/, /Next step: docs\/fleet\.md/);
    expect(
      errorOf(result)
        .slice(1, 4)
        .map((line) => line.replace(`${bad}:`, '')),
    ).toEqual([
      '2:17: a rule has no key `evry`: did you mean `every`?',
      '2:34: `every`: `sometimes` is not a length of time: write it like `5h30m`',
      '3:5: `a` is matched by the rule in line 2 already, and the first one counts: put this one before it',
    ]);
    expectFailure(
      await runs.run('databases', '', ofServer({ config: await fileOf('no.yml', 'databases: [') })),
      /no\.yml:1:\d+: this is not YAML as it should be/,
    );
    expectFailure(await runs.run('status', '', { config: 'nowhere.yml' }), /^cannot read nowhere\.yml \(config\)/);
  });
});

describe('mode status', () => {
  test('status names what is late, missing, broken or shrunk, the worst first, and fails', async () => {
    const result = await runs.run('status', '', ofServer());
    expectFailure(result, /^5 of 7 databases are not well:$/);
    expect(errorOf(result).slice(1).sort()).toEqual(
      [
        `${BY_CRON} is broken: the manifest of odd cannot be read`,
        `${BY_HOURS} is late: its newest backup is older than it may be`,
        `${FORBIDDEN} is missing: it has no complete backup`,
        `${ODD} is missing: it has no complete backup`,
        `${tag}_new\\nline is missing: its name cannot be that of a folder: it contains a control character`,
      ].sort(),
    );
  });

  test('status of all that has backups is well where nothing is late, and needs no server', async () => {
    const inputs = { 'max-age': '100d', 'max-shrink': '60%', 'exclude-databases': BY_CRON };
    const result = await runs.succeed('status', '', inputs);
    const status = statusOf(result);
    expect(status.map(({ database, state }) => [database, state])).toEqual([
      [YOUNG, 'shrunk'],
      [BY_HOURS, 'ok'],
      [`${tag}_dropped`, 'ok'],
    ]);
    expect(status[0]).toMatchObject({
      newestBackup: 'after',
      ageSeconds: expect.closeTo(HOUR_MS / 1000, -2),
      rows: 1511,
      rowsBefore: 2001,
      shrunkTables: [{ table: 'public.orders', rows: 10, rowsBefore: 1000 }],
      leftovers: STRICT_S3 ? 1 : 0,
      provenAt: null,
    });
    expect(warningsOf(result)).toBe(
      `${YOUNG}: after has fewer rows than the backup before it: public.orders (10 rows of 1,000)`,
    );
    expect(result.lines).toContain(`${BY_HOURS} has 1 incomplete leftover: dead (no manifest)`);
    if (STRICT_S3) expect(result.lines).toContain(`${YOUNG} has 1 incomplete leftover: cut.dump (unfinished upload)`);
    const table = tableOf(result);
    expect(table.filter((line) => Array.from(line).length > 80)).toEqual([]);
    expect(table[1]).toMatch(new RegExp(`^${tag}_\\S+ +shrunk +1 hr +.*B +1,511 +-24\\.5%$`));
    expect(result.summary).toMatch(/^## ✅ Backups of all databases\n\n\*\*The backups of 3 databases are well\*\*/);
    expect(result.summary).toContain('public.orders (10 rows of 1,000)');
  });

  test('status fails where there is nothing at all', async () => {
    const nothing = await runs.run('status', '', { 's3-prefix': 'misspelt' });
    expectFailure(nothing, /^there are no backups of databases that are meant in s3:\S+\/misspelt$/, /`s3-prefix`/);
  });
});

describe('modes of one database without a database', () => {
  test('a list of all has a line for each, names those that are broken, and fails for them', async () => {
    const result = await runs.run('list', '');
    expectFailure(result, /^1 failure among 4 databases:$/);
    expect(errorOf(result)[1]).toBe(`${BY_CRON}: the manifest of odd cannot be read`);
    const names = backupsOf(result).map(({ database, name }) => `${database ?? ''} ${name}`);
    expect(names).toContain(`${YOUNG} after`);
    expect(names).toHaveLength(7);
    expect(names.at(-1)).toBe(`${tag}_dropped last`);
    const table = tableOf(result);
    expect(table).toHaveLength(5);
    expect(table.join('\n')).toMatch(new RegExp(`^${BY_HOURS} +1 +2 B +of-today .* 1 incomplete leftover: dead`, 'm'));
    const some = await runs.succeed('list', '', { databases: `${tag}_d*\n${tag}_ghost`, 'exclude-databases': 'x' });
    expect(some.lines).toContain('1 complete backup of 1 database');
    expect(some.lines).toContain(`no database matches \`${tag}_ghost\``);
  });

  test('a verification of all reads the newest of each, and names those that are not whole', async () => {
    const result = await runs.run('verify', '', { 'exclude-databases': BY_CRON });
    expectFailure(result, /^2 failures among 3 databases:$/);
    const [, ...faults] = errorOf(result);
    expect(faults[0]).toMatch(new RegExp(`^${BY_HOURS}: .*of-today`));
    expect(faults[1]).toMatch(new RegExp(`^${tag}_dropped: .*last`));
    expect(tableOf(result).join('\n')).toMatch(new RegExp(`^${YOUNG} +2 .* after +- +whole$`, 'm'));
    const whole = await runs.succeed('verify', '', { databases: YOUNG });
    expect(whole.summary).toContain('**Verified backups of 1 database: they are whole**');
    expectFailure(await runs.run('verify', '', { databases: 'nobody' }), /^there are no backups of databases/);
  });

  test('a prune of all goes by the rule of each database, in the place of that rule, and by nothing else', async () => {
    const place = { bucket: runs.bucket.settings.bucket, prefix: 'backups' };
    for (const database of ['one', 'three', 'kept', 'ruleless', 'apps/one', 'apps/app_x']) {
      for (const day of [1, 2, 3, 4])
        await runs.putBackup(`pruned/${database}`, `d${day}`, ago(day * DAY_MS), {
          database: database.replace('apps/', ''),
        });
    }
    const rules = `defaults: { s3-bucket: ${place.bucket}, s3-prefix: ${place.prefix}/pruned }
databases:
  - { match: one, keep-last: 1 }
  - { match: 'app_*', s3-prefix: ${place.prefix}/pruned/apps, keep-last: 2 }
  - { match: refused, s3-bucket: there-is-none-${tag}, keep-last: 1 }
  - { match: [kept, ghost] }
  - { match: three, keep-daily: 3 }
`;
    const inputs = { config: await fileOf('prune.yml', rules), 's3-bucket': '', 's3-prefix': '' };
    const visible = async (): Promise<Record<string, number>> => {
      const keys = await runs.bucket.keys(`${place.prefix}/pruned/`);
      const folders = keys.flatMap((key) => (key.endsWith('.dump') ? [key.split('/').slice(2, -1).join('/')] : []));
      return Object.fromEntries(
        [...new Set(folders)].map((one) => [one, folders.filter((other) => other === one).length]),
      );
    };
    const untouched = { one: 4, three: 4, kept: 4, ruleless: 4, 'apps/one': 4, 'apps/app_x': 4 };
    const dry = await runs.run('prune', '', { ...inputs, 'dry-run': 'true' });
    expect(await visible()).toEqual(untouched);
    expect(dry.lines).toContain('dry run: 6 backups of 3 databases would be removed, nothing was changed');

    const result = await runs.run('prune', '', inputs);
    expect(await visible()).toEqual({ ...untouched, one: 1, three: 3, 'apps/app_x': 2 });
    expectFailure(result, /^1 failure among 4 databases:$/);
    expect(errorOf(result)[1]).toMatch(
      new RegExp(`^s3://there-is-none-${tag}/\\S+: cannot list .*: the bucket .* does not exist`),
    );
    const table = tableOf(result);
    expect(table.filter((line) => line.includes('to be removed'))).toHaveLength(6);
    expect(result.lines).toContainEqual(expect.stringMatching(/^one +1 +1 B +d1 .* removed 3, kept 1$/));
    expect(result.lines).toContainEqual(
      expect.stringMatching(/^kept .* left alone: its rule does not say what to keep$/),
    );
    expect(result.lines).toContain('no rule matches apps, ruleless: left alone');
    expect(result.lines).toContainEqual(
      expect.stringMatching(/^one has a folder in \S+apps as well; its rule is about /),
    );
    expect(result.lines).toContainEqual(
      expect.stringMatching(/^no database matches `ghost`, of the rule in line 6 of /),
    );
    expect(backupsOf(result)).toHaveLength(6);
    expect(result.summary).toMatch(/<code>one<\/code> <code>d2<\/code> .*🗑️ removed/);
    const refused = { 's3-prefix': `${place.prefix}/pruned`, 'keep-last': '1' };
    expectFailure(await runs.run('prune', '', refused), /^input `database` is missing: /);
    expectFailure(await runs.run('prune', '', { ...inputs, 'keep-last': '1' }), /^input `keep-last`: the rules of /);
    expect(await visible()).toEqual({ ...untouched, one: 1, three: 3, 'apps/app_x': 2 });
  });
});

test('the script of docs/fleet.md backs up what is due, whatever its name, prunes by the rules, and is well', async () => {
  const page = await readFile(join(PROJECT_DIRECTORY, 'docs', 'fleet.md'), 'utf8');
  const [, script = ''] = /^```sh\n(#!\/bin\/bash\n.*?)^```/ms.exec(page) ?? [];
  expect(script).toContain('cd /etc/phaselift ');
  const rules = `defaults: { s3-prefix: script, keep-last: 1, max-age: 1h }
databases: [{ match: ['${tag}_odd*', ${YOUNG}] }]\n`;
  await fileOf('phaselift.yml', rules);
  const { endpoint, accessKey, secretKey } = sharedS3();
  const environment = {
    SRC_PGHOST: postgres.host,
    SRC_PGPORT: String(postgres.port),
    SRC_PGUSER: postgres.user,
    SRC_PGPASSWORD: postgres.password,
    S3_BUCKET: runs.bucket.settings.bucket,
    S3_ENDPOINT_URL: endpoint,
    AWS_ACCESS_KEY_ID: accessKey,
    AWS_SECRET_ACCESS_KEY: secretKey,
    PG_CLIENT: 'path',
  };
  const lines = Object.entries(environment).map(([name, value]) => `${name}='${value}'\n`);
  await fileOf('environment', lines.join(''));
  const program = await fileOf('phaselift', `#!/bin/sh\nexec '${callersNodeProgram()}' '${bundle()}' "$@"\n`);
  await chmod(program, 0o755);
  const file = await fileOf('script', script.replace('/etc/phaselift', directory));
  const PATH = [directory, postgres.programs, process.env['PATH'] ?? ''].join(':');
  await runProgram('bash', [file], { env: { PATH, HOME: directory } });
  const keys = await runs.bucket.keys('script/');
  expect(keys.filter((key) => key.endsWith('.manifest.json')).map((key) => key.split('/')[1])).toEqual([ODD, YOUNG]);
});
