import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ISSUER, ROLE_ARN, SUBJECT } from '../../testbed/job-identity.js';
import { runCli } from '../cli/cli-runs.js';
import { createDatabase, dropDatabase, dumpText, uniqueName } from '../helpers/databases.js';
import { runAction, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { ExpiringStore } from '../store/expiring-store.js';
import { expectFailure, type Inputs } from './backup-runs.js';

/** A job that has no key, only the right to ask for a token. */

const postgres = sharedPostgres();
let source: string;
let target: string;
let s3: ExpiringStore;

beforeAll(async () => {
  source = await createDatabase(postgres, { sql: 'CREATE TABLE t AS SELECT generate_series(1, 1000) AS id;' });
  target = uniqueName('role_target');
  s3 = await ExpiringStore.start();
});
afterAll(async () => {
  await s3.stop();
  for (const name of [source, target]) await dropDatabase(postgres, name);
});

async function run(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const secretsBefore = s3.identity.secrets.length;
  const side = mode === 'restore' ? 'target' : 'source';
  const inputs = {
    mode,
    database: source,
    [`${side}-host`]: postgres.host,
    [`${side}-port`]: String(postgres.port),
    [`${side}-user`]: postgres.user,
    [`${side}-password`]: postgres.password,
    's3-bucket': s3.bucket,
    's3-endpoint': s3.endpoint,
    's3-max-retries': '1',
    'aws-role': ROLE_ARN,
    'pg-client': 'path',
    debug: 'true',
    ...changes,
  };
  const PATH = `${postgres.programs}:${process.env['PATH'] ?? ''}`;
  const result = await (await runAction({ with: inputs, env: { PATH, ...s3.identity.env } })).done;
  expectHidden(result, s3.identity.secrets.slice(secretsBefore));
  return result;
}

/** What was handed out stands in lines that tell the runner to mask it, each before any other use, and nowhere else. */
function expectHidden(result: ActionResult, handedOut: readonly string[]): void {
  const masks = result.lines.filter((line) => line.startsWith('::add-mask::'));
  const secrets = [...handedOut, s3.identity.env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''];
  expect(masks).toEqual(expect.arrayContaining(secrets.map((secret) => `::add-mask::${secret}`)));
  const others = result.lines.filter((line) => !line.startsWith('::add-mask::'));
  const { stderr, summary, outputs, state } = result;
  const shown = [...others, stderr, summary, JSON.stringify({ outputs, state })].join('\n');
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
}

describe('a role that is taken by the token of the job', () => {
  test('is taken anew while a backup lasts, also when the runner has no token at once', async () => {
    s3.identity.refuseToken = (call) => (call === 2 ? { status: 503, code: '' } : null);
    const result = await run('backup', { 'backup-name': 'one', 'aws-role-duration': '45m' });
    expect(result).toMatchObject({ exitCode: 0, outputs: { 'row-count': '1000' } });
    s3.expectRenewed();
    expect(s3.identity.tokenCalls[0]?.get('audience')).toBe('sts.amazonaws.com');
    expect(s3.identity.tokenCalls.length).toBe(s3.identity.roleCalls.length + 1);
    expect(Object.fromEntries(s3.identity.roleCalls[0] ?? [])).toMatchObject({
      RoleArn: ROLE_ARN,
      RoleSessionName: 'phaselift',
      DurationSeconds: '2700',
    });
  });

  test('is taken anew while a restore lasts', async () => {
    await s3.begin();
    const restored = await run('restore', { 'backup-name': 'one', 'target-database': target });
    expect(restored).toMatchObject({ exitCode: 0, annotations: [] });
    s3.expectRenewed();
    expect(await dumpText(postgres, target, { sortRows: true })).toBe(
      await dumpText(postgres, source, { sortRows: true }),
    );
  });

  test('that cannot be taken anew fails the backup when its credentials end, and says which and why', async () => {
    await s3.begin(0);
    // Once rows are on their way the role is gone, and their upload is not answered before the credentials have ended.
    let sent = false;
    const { meddler } = s3.front;
    s3.front.meddler = async (line, headers) => {
      const verdict = await meddler(line, headers);
      if (/^PUT .*two\.dump/.test(line) && !sent) {
        sent = true;
        await sleep(ExpiringStore.lifeMs);
      }
      return verdict;
    };
    s3.identity.refuseRole = () => (sent ? { status: 403, code: 'AccessDenied' } : null);
    const result = await run('backup', { 'backup-name': 'two' });
    expectFailure(
      result,
      new RegExp(`cannot take the role ${ROLE_ARN}: STS says that this job may not \\(AccessDenied\\) \\(aws-role\\)`),
      new RegExp(`trust policy.*provider ${ISSUER}.*sts\\.amazonaws\\.com.*subject ${SUBJECT}`),
    );
    expect(sent).toBe(true);
    expect(s3.requests.length).toBeGreaterThan(5);
  });

  test('says whether AWS does not know the token, or the runner gives none', async () => {
    await s3.begin(0);
    s3.identity.refuseRole = () => ({ status: 400, code: 'InvalidIdentityToken' });
    expectFailure(
      await run('list'),
      /cannot take the role arn:\S+: STS does not accept this job's token: InvalidIdentityToken: Not authorized/,
      new RegExp(`identity provider ${ISSUER}`),
    );
    s3.identity.refuseToken = () => ({ status: 401, code: '' });
    expectFailure(await run('list'), /the runner gives no token for this job: HTTP 401/, /run it again/);
    expect(s3.requests).toEqual([]);
  });

  test('is taken by the command line too, for a role of the environment, and stdout has the results alone', async () => {
    await s3.begin(0);
    const env = { AWS_ROLE_ARN: ROLE_ARN, S3_BUCKET: s3.bucket, S3_ENDPOINT_URL: s3.endpoint, ...s3.identity.env };
    const result = await runCli(['--list', '--database', source, '--json', '--debug'], env);
    expect(result).toMatchObject({ exitCode: 0 });
    const outputs = JSON.parse(result.stdout) as { backups: { name: string }[] };
    expect(outputs.backups.map(({ name }) => name)).toContain('one');
    const shown = result.stdout + result.stderr;
    expect(s3.identity.secrets.filter((secret) => shown.includes(secret))).toEqual([]);
    expect(s3.identity.roleCalls).toHaveLength(1);
  });
});
