import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ISSUER, JobIdentity, ROLE_ARN, SUBJECT } from '../../testbed/job-identity.js';
import { startS3, type StartedS3 } from '../../testbed/s3.js';
import { runCli } from '../cli/cli-runs.js';
import { createBucket } from '../helpers/buckets.js';
import { createDatabase, dropDatabase, dumpText, uniqueName } from '../helpers/databases.js';
import { runAction, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { MeddlingProxy } from '../store/meddling-proxy.js';
import { expectFailure, type Inputs } from './backup-runs.js';

/**
 * A job that has no key, only the right to ask for a token. Its S3 refuses credentials that have ended, and is so slow that each
 * run outlives those that it began with.
 */

const LIFE_MS = 3_000;
const DELAY_MS = 500;

const postgres = sharedPostgres();
let source: string;
let target: string;
let store: StartedS3;
let bucket: string;
let identity: JobIdentity;
let s3: MeddlingProxy;
/** Of each request to S3, in order: its key, and why it was refused, if it was. */
let requests: { key: string; code: string | null }[];

beforeAll(async () => {
  source = await createDatabase(postgres, { sql: 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id;' });
  target = uniqueName('role_target');
  // No signature is looked at in there: what was signed with the role's key cannot be signed anew on its way.
  store = await startS3('fauxqs');
  bucket = await createBucket(store);
  s3 = await MeddlingProxy.start(store.endpoint);
  await begin();
});
afterAll(async () => {
  await Promise.all([identity.stop(), s3.stop(), store.stop()]);
  for (const name of [source, target]) await dropDatabase(postgres, name);
});

/** New endpoints that nobody has called. */
async function begin(delayMs = DELAY_MS): Promise<void> {
  const before = identity as JobIdentity | undefined;
  await before?.stop();
  identity = await JobIdentity.start(LIFE_MS);
  requests = [];
  s3.meddler = async (_line, headers) => {
    const verdict = identity.verdict(headers);
    requests.push(verdict);
    await sleep(delayMs);
    if (verdict.code === null) return undefined;
    return { status: 400, body: `<Error><Code>${verdict.code}</Code><Message>no</Message></Error>` };
  };
}

async function run(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const secretsBefore = identity.secrets.length;
  const side = mode === 'restore' ? 'target' : 'source';
  const inputs = {
    mode,
    database: source,
    [`${side}-host`]: postgres.host,
    [`${side}-port`]: String(postgres.port),
    [`${side}-user`]: postgres.user,
    [`${side}-password`]: postgres.password,
    's3-bucket': bucket,
    's3-endpoint': s3.endpoint,
    's3-max-retries': '1',
    'aws-role': ROLE_ARN,
    'pg-client': 'path',
    debug: 'true',
    ...changes,
  };
  const PATH = `${postgres.programs}:${process.env['PATH'] ?? ''}`;
  const result = await (await runAction({ with: inputs, env: { PATH, ...identity.env } })).done;
  expectHidden(result, identity.secrets.slice(secretsBefore));
  return result;
}

/** What was handed out stands in lines that tell the runner to mask it, each before any other use, and nowhere else. */
function expectHidden(result: ActionResult, handedOut: readonly string[]): void {
  const masks = result.lines.filter((line) => line.startsWith('::add-mask::'));
  const secrets = [...handedOut, identity.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''];
  expect(masks).toEqual(expect.arrayContaining(secrets.map((secret) => `::add-mask::${secret}`)));
  const others = result.lines.filter((line) => !line.startsWith('::add-mask::'));
  const { stderr, summary, outputs, state } = result;
  const shown = [...others, stderr, summary, JSON.stringify({ outputs, state })].join('\n');
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
}

/** The run went on with one set of credentials after the other, and took each only when half the life of the one before was over. */
function expectRenewed(sinceMs: number): void {
  expect(requests.filter(({ code }) => code !== null)).toEqual([]);
  const keys = new Set(requests.map(({ key }) => key));
  expect(keys.size).toBeGreaterThan(1);
  expect(identity.roleCalls.length).toBe(keys.size);
  expect(keys.size).toBeLessThanOrEqual(1 + (Date.now() - sinceMs) / (LIFE_MS / 2));
}

describe('a role that is taken by the token of the job', () => {
  test('is taken anew while a backup lasts, also when the runner has no token at once', async () => {
    identity.refuseToken = (call) => (call === 2 ? { status: 503, code: '' } : null);
    const sinceMs = Date.now();
    const result = await run('backup', { 'backup-name': 'one', 'aws-role-duration': '45m' });
    expect(result).toMatchObject({ exitCode: 0, outputs: { 'row-count': '1000' } });
    expectRenewed(sinceMs);
    expect(identity.tokenCalls[0]?.get('audience')).toBe('sts.amazonaws.com');
    expect(identity.tokenCalls.length).toBe(identity.roleCalls.length + 1);
    expect(Object.fromEntries(identity.roleCalls[0] ?? [])).toMatchObject({
      RoleArn: ROLE_ARN,
      RoleSessionName: 'phaselift',
      DurationSeconds: '2700',
    });
  });

  test('is taken anew while a restore lasts', async () => {
    await begin();
    const sinceMs = Date.now();
    const restored = await run('restore', { 'backup-name': 'one', 'target-database': target });
    expect(restored).toMatchObject({ exitCode: 0, annotations: [] });
    expectRenewed(sinceMs);
    expect(await dumpText(postgres, target, { sortRows: true })).toBe(
      await dumpText(postgres, source, { sortRows: true }),
    );
  });

  test('that cannot be taken anew fails the backup when its credentials end, and says which and why', async () => {
    await begin(0);
    // Once rows are on their way the role is gone, and their upload is not answered before the credentials have ended.
    let sent = false;
    const { meddler } = s3;
    s3.meddler = async (line, headers) => {
      const verdict = await meddler(line, headers);
      if (/^PUT .*two\.dump/.test(line) && !sent) {
        sent = true;
        await sleep(LIFE_MS);
      }
      return verdict;
    };
    identity.refuseRole = () => (sent ? { status: 403, code: 'AccessDenied' } : null);
    const result = await run('backup', { 'backup-name': 'two' });
    expectFailure(
      result,
      new RegExp(`cannot take the role ${ROLE_ARN}: STS says that this job may not \\(AccessDenied\\) \\(aws-role\\)`),
      new RegExp(`trust policy.*provider ${ISSUER}.*sts\\.amazonaws\\.com.*subject ${SUBJECT}`),
    );
    expect(sent).toBe(true);
    expect(requests.length).toBeGreaterThan(5);
  });

  test('says whether AWS does not know the token, or the runner gives none', async () => {
    await begin(0);
    identity.refuseRole = () => ({ status: 400, code: 'InvalidIdentityToken' });
    expectFailure(
      await run('list'),
      /cannot take the role arn:\S+: STS does not accept this job's token: InvalidIdentityToken: Not authorized/,
      new RegExp(`identity provider ${ISSUER}`),
    );
    identity.refuseToken = () => ({ status: 401, code: '' });
    expectFailure(await run('list'), /the runner gives no token for this job: HTTP 401/, /run it again/);
    expect(requests).toEqual([]);
  });

  test('is taken by the command line too, for a role of the environment, and stdout has the results alone', async () => {
    await begin(0);
    const env = { AWS_ROLE_ARN: ROLE_ARN, S3_BUCKET: bucket, S3_ENDPOINT_URL: s3.endpoint, ...identity.env };
    const result = await runCli(['--list', '--database', source, '--json', '--debug'], env);
    expect(result).toMatchObject({ exitCode: 0 });
    const outputs = JSON.parse(result.stdout) as { backups: { name: string }[] };
    expect(outputs.backups.map(({ name }) => name)).toContain('one');
    const shown = result.stdout + result.stderr;
    expect(identity.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    expect(identity.roleCalls).toHaveLength(1);
  });
});
