import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { dumpText } from '../../testbed/dump-text.js';
import { runCli } from '../cli/cli-runs.js';
import { createDatabase, createRole, dropDatabase, uniqueName } from '../helpers/databases.js';
import { runActionToEnd, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';
import { TestBucket } from '../store/s3-bucket.js';
import { formsOf, found, marked, markedKey, type Place } from './marks.js';
import { RecordedTools } from './recorded-tools.js';

/** Every mode, well and failing at each step, with `debug: true` and secrets that can be told from all else: none may show, but to be masked. */

type Inputs = Readonly<Record<string, string>>;

const server = sharedPostgres();
const s3 = sharedS3();
/** A row of the database: values are nobody's business either. */
const ROW = 'MARKROW of a person 4711';
const SECRETS: Record<string, string> = {
  'password of the source': marked('source'),
  'password of the target': marked('target'),
  'wrong password': marked('wrong'),
  'wrong key': markedKey('key'),
  'session token': markedKey('token'),
  'key of S3': s3.secretKey,
  'private key in PEM text': `-----BEGIN PRIVATE KEY-----\n${markedKey('pem')}\n-----END PRIVATE KEY-----`,
};
/** What both PEM texts and others have in common is no secret. */
const NO_SECRETS = /^-----(?:BEGIN|END)/;

let bucket: TestBucket;
let tools: RecordedTools;
let directory: string;
let source: Login;
let target: Login;
let database: string;
const made: string[] = [];

beforeAll(async () => {
  bucket = await TestBucket.create();
  tools = await RecordedTools.create(server.programs);
  directory = await mkdtemp(join(tmpdir(), 'phaselift-secrets-'));
  source = await loginWith(SECRETS['password of the source'] ?? '');
  target = await loginWith(SECRETS['password of the target'] ?? '');
  database = await createDatabase(server, {
    owner: source,
    sql: `CREATE SCHEMA app;
      CREATE FUNCTION app.fits(text) RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
        IF current_setting('test.broken', true) = 'on' THEN RAISE EXCEPTION 'does not fit: %', $1; END IF; RETURN true; END $$;
      CREATE TABLE app.people (id int PRIMARY KEY, name text CHECK (app.fits(name)));
      INSERT INTO app.people VALUES (1, '${ROW}'), (2, 'another');`,
  });
  made.push(database);
});
afterAll(async () => {
  for (const name of made) await dropDatabase(server, name);
  await tools.remove();
  await rm(directory, { recursive: true });
  bucket.close();
});

async function loginWith(password: string): Promise<Login> {
  const { user } = await createRole(server, { attributes: 'CREATEDB' });
  await server.psql('postgres', `ALTER ROLE ${user} PASSWORD '${password.replaceAll("'", "''")}'`);
  return { user, password };
}

function inputs(mode: string, changes: Inputs = {}): Record<string, string> {
  const side = (name: 'source' | 'target', { user, password }: Login): Record<string, string> => ({
    [`${name}-host`]: server.host,
    [`${name}-port`]: String(server.port),
    [`${name}-user`]: user,
    [`${name}-password`]: password,
  });
  const all: Record<string, string> = {
    mode,
    debug: 'true',
    'pg-client': 'path',
    's3-bucket': bucket.settings.bucket,
    's3-endpoint': s3.endpoint,
    's3-max-retries': '0',
    'retry-minutes': '0',
    'aws-access-key-id': s3.accessKey,
    'aws-secret-access-key': s3.secretKey,
    ...(['databases', 'status', 'roles'].includes(mode) ? {} : { database }),
    ...(['restore', 'show', 'verify', 'backup', 'all'].includes(mode) ? { 'backup-name': 'one' } : {}),
    ...(['backup', 'all', 'databases', 'roles', 'status'].includes(mode) ? side('source', source) : {}),
    ...(['restore', 'all'].includes(mode) ? side('target', target) : {}),
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ''));
}

async function act(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  return runActionToEnd({
    with: inputs(mode, changes),
    env: { PATH: `${tools.directory}:${server.programs}:${process.env['PATH'] ?? ''}` },
  });
}

/** All that a run has shown to others. */
function shownBy(result: ActionResult, given: Inputs): Place[] {
  const masks = result.lines.filter((line) => line.startsWith('::add-mask::'));
  // What GitHub is told to mask comes before all else; and it has all secrets of the run, line by line.
  expect(result.lines.slice(0, masks.length)).toEqual(masks);
  const masked = new Set(masks.map((line) => line.slice('::add-mask::'.length).replaceAll('%25', '%')));
  for (const [name, value] of Object.entries(SECRETS)) {
    if (!Object.values(given).some((text) => text.includes(value) || text.includes(encodeURIComponent(value))))
      continue;
    const lines = value.split('\n').filter((line) => !NO_SECRETS.test(line));
    expect(lines.filter((line) => !masked.has(line)).map(() => name)).toEqual([]);
  }
  const { outputs, state, summary, stderr } = result;
  const lines = result.lines.slice(masks.length).join('\n');
  return [
    { name: 'the log', text: lines },
    { name: 'stderr', text: stderr },
    { name: 'the summary', text: summary },
    { name: 'the outputs', text: Object.values(outputs).join('\n') },
    { name: 'the state', text: Object.values(state).join('\n') },
  ];
}

const secret = (name: string): string => SECRETS[name] ?? '';
const newTarget = (): string => {
  const name = uniqueName('secrets');
  made.push(name);
  return name;
};
const url = (login: Login, name: string): string =>
  `postgres://${login.user}:${encodeURIComponent(login.password)}@${server.host}:${server.port}/${name}`;

/** Without what a URL says. */
const BY_URL = { 'source-host': '', 'source-port': '', 'source-user': '', 'source-password': '' };
const TARGET_BY_URL = { 'target-host': '', 'target-port': '', 'target-user': '', 'target-password': '' };

describe('runs that are well', () => {
  test.each<[string, string, () => Inputs]>([
    ['a backup', 'backup', () => ({})],
    [
      'a backup by a URL, of several readers',
      'backup',
      () => ({ ...BY_URL, 'source-url': url(source, database), 'backup-name': 'two', 'dump-jobs': '2' }),
    ],
    ['a dry run of a backup', 'backup', () => ({ 'dry-run': 'true', 'backup-name': 'three' })],
    ['a restore', 'restore', () => ({ 'target-database': newTarget(), verify: 'full' })],
    [
      'a restore by a URL',
      'restore',
      () => ({ ...TARGET_BY_URL, 'target-url': url(target, newTarget()), 'keep-privileges': 'true' }),
    ],
    ['a dry run of a restore', 'restore', () => ({ 'dry-run': 'true', 'target-database': newTarget() })],
    ['both in one', 'all', () => ({ 'backup-name': 'both', 'target-database': newTarget() })],
    ['a list', 'list', () => ({})],
    ['a look into a backup', 'show', () => ({})],
    ['a verification', 'verify', () => ({})],
    ['the databases of a server', 'databases', () => ({})],
    ['the state of all', 'status', () => ({ 'max-age': '1d', databases: database })],
    ['the roles of a server', 'roles', () => ({})],
    ['a prune', 'prune', () => ({ 'keep-last': '5' })],
    [
      'a backup into a directory',
      'backup',
      () => ({
        'local-directory': directory,
        's3-bucket': '',
        's3-endpoint': '',
        's3-max-retries': '',
        'aws-access-key-id': '',
        'aws-secret-access-key': '',
      }),
    ],
  ])('no secret and no row shows in %s', async (_what, mode, changes) => {
    const given = inputs(mode, changes());
    const result = await act(mode, changes());
    expect(result.exitCode === 0 ? '' : result.stdout).toBe('');
    expect(found({ ...SECRETS, row: ROW }, shownBy(result, given))).toEqual([]);
  });

  test('no secret is in what was stored, nor in the arguments of any tool', async () => {
    const stored = await Promise.all(
      (await bucket.keys()).map(async (key) => ({ name: key, text: (await bucket.get(key)).toString('latin1') })),
    );
    expect(stored.map(({ name }) => name)).toEqual(
      expect.arrayContaining([`${database}/one.dump`, `${database}/one.manifest.json`]),
    );
    const args = await tools.arguments();
    expect(args.length).toBeGreaterThan(20);
    expect(found(SECRETS, [...stored, ...args])).toEqual([]);
    // Rows are in the archive, and there alone.
    expect(found({ row: ROW }, [...stored, ...args])).toEqual(
      stored.filter(({ name }) => name.endsWith('.dump')).map(({ name }) => `row in ${name}`),
    );
  });
});

describe('runs that fail', () => {
  test.each<[string, string, () => Inputs]>([
    ['a wrong password of the source', 'backup', () => ({ 'source-password': secret('wrong password') })],
    [
      'a wrong password in a URL',
      'backup',
      () => ({ ...BY_URL, 'source-url': url({ user: source.user, password: secret('wrong password') }, database) }),
    ],
    [
      'a password that the URL does not encode',
      'backup',
      () => ({
        ...BY_URL,
        'source-url': `postgres://${source.user}:${secret('wrong password')}@${server.host}/${database}`,
      }),
    ],
    [
      'a port that is none, in a URL',
      'backup',
      () => ({ ...BY_URL, 'source-url': `postgres://u:${encodeURIComponent(secret('wrong password'))}@h:port/db` }),
    ],
    ['a host that nobody has', 'restore', () => ({ 'target-host': 'nobody.invalid', 'target-database': newTarget() })],
    ['a port where nobody listens', 'backup', () => ({ 'source-port': '1' })],
    [
      'a wrong password of the target',
      'restore',
      () => ({ 'target-password': secret('wrong password'), 'target-database': newTarget() }),
    ],
    ['a wrong key', 'backup', () => ({ 'aws-secret-access-key': secret('wrong key') })],
    [
      'a token that S3 does not know',
      'list',
      () => ({ 'aws-secret-access-key': secret('wrong key'), 'aws-session-token': secret('session token') }),
    ],
    [
      'a bucket that is not there',
      'restore',
      () => ({ 's3-bucket': 'nobody-has-this', 'target-database': newTarget() }),
    ],
    ['an S3 that is not there', 'list', () => ({ 's3-endpoint': 'http://127.0.0.1:1' })],
    [
      'keys in the URL of S3',
      'list',
      () => ({ 's3-endpoint': `http://me:${encodeURIComponent(secret('wrong key'))}@127.0.0.1:1` }),
    ],
    [
      'a certificate that holds a private key',
      'backup',
      () => ({ 'ssl-root-cert': secret('private key in PEM text'), 'source-sslmode': 'verify-full' }),
    ],
    [
      'a row that code quotes',
      'restore',
      () => ({ 'target-database': newTarget(), 'pg-options': '-c test.broken=on' }),
    ],
    [
      'a table that may not be read',
      'backup',
      () => ({ 'source-user': target.user, 'source-password': target.password }),
    ],
    ['a backup that is not there', 'verify', () => ({ 'backup-name': 'none' })],
    [
      'a password in the wrong input',
      'backup',
      () => ({ 'dump-options': `--password=${secret('password of the source')}` }),
    ],
  ])('no secret and no row shows with %s', async (_what, mode, changes) => {
    const made = changes();
    const result = await act(mode, made);
    expect(result.exitCode).toBe(1);
    expect(found({ ...SECRETS, row: ROW }, shownBy(result, inputs(mode, made)))).toEqual([]);
  });

  test('no secret is in the journal of a restore that was left', async () => {
    const name = newTarget();
    const result = await act('restore', { 'target-database': name, 'pg-options': '-c test.broken=on' });
    expect(result.exitCode).toBe(1);
    const journal = await dumpText(server, name, { args: ['--schema=phaselift_journal'] });
    expect(journal).toContain('phaselift_journal');
    expect(found({ ...SECRETS, row: ROW }, [{ name: 'the journal', text: journal }])).toEqual([]);
  });

  test('no secret is in the arguments of a tool of a run that failed', async () => {
    expect(found(SECRETS, await tools.arguments())).toEqual([]);
  });
});

describe('the command line', () => {
  const env = (changes: Inputs = {}): Record<string, string> => ({
    PATH: `${tools.directory}:${server.programs}:${process.env['PATH'] ?? ''}`,
    HOME: directory,
    SRC_PGHOST: server.host,
    SRC_PGPORT: String(server.port),
    SRC_PGUSER: source.user,
    SRC_PGPASSWORD: source.password,
    SRC_DBNAME: database,
    S3_BUCKET: bucket.settings.bucket,
    S3_ENDPOINT_URL: s3.endpoint,
    S3_MAX_RETRIES: '0',
    AWS_ACCESS_KEY_ID: s3.accessKey,
    AWS_SECRET_ACCESS_KEY: s3.secretKey,
    PG_CLIENT: 'path',
    ...changes,
  });

  test.each<[string, string[], () => Inputs, number]>([
    ['a backup', ['--backup', '--backup-name', 'terminal', '--debug'], () => ({}), 0],
    ['a list', ['--list', '--debug'], () => ({}), 0],
    ['a wrong password', ['--backup', '--debug'], () => ({ SRC_PGPASSWORD: secret('wrong password') }), 1],
    ['a wrong key', ['--list', '--debug'], () => ({ AWS_SECRET_ACCESS_KEY: secret('wrong key') }), 1],
    [
      'a password as an argument',
      ['--backup', '--debug', '--source-password', secret('wrong password')],
      () => ({}),
      1,
    ],
  ])('no secret shows at the terminal in %s', async (_what, args, changes, exitCode) => {
    const result = await runCli(args, env(changes()));
    expect(result.exitCode === exitCode ? '' : `${result.stdout}${result.stderr}`).toBe('');
    expect(
      found({ ...SECRETS, row: ROW }, [
        { name: 'stdout', text: result.stdout },
        { name: 'stderr', text: result.stderr },
      ]),
    ).toEqual([]);
  });
});

test('a secret that shows is found, in each form', () => {
  for (const form of formsOf(marked('source'))) {
    const places = [{ name: 'the log', text: `something ${form} else` }];
    expect(found({ secret: marked('source') }, places)).toEqual(['secret in the log']);
  }
});
