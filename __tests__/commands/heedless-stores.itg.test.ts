import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startS3, type StartedS3 } from '../../testbed/s3.js';
import { createBucket } from '../helpers/buckets.js';
import type { Meddler } from '../../testbed/meddling-proxy.js';
import { expectFailure, type Inputs } from './backup-runs.js';
import {
  FORCE,
  HeldBackup,
  MOMENTS,
  newProxy,
  run,
  setVersion,
  SMALL,
  succeed,
  useReplacedRuns,
  expectVersion,
} from './replaced-runs.js';
import { few } from '../helpers/depth.js';

useReplacedRuns();

const LOST = /^s3:\S+one\.dump was (?:made|replaced, or removed,) by another run meanwhile/;

/** As stores answer that do not know the header. */
function refusing(status: number, code: string, message: string): Meddler {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return (line, headers) => {
    const isWrite = /^(?:PUT|POST)/.test(line);
    const isConditional = headers['if-match'] !== undefined || headers['if-none-match'] !== undefined;
    return isWrite && isConditional ? { status, body } : undefined;
  };
}

const UNSUPPORTED = refusing(400, 'InvalidArgument', 'Unsupported header If-None-Match or If-Match');

describe.each(
  few(
    [0],
    [
      ['400 with that as its reason', UNSUPPORTED, {}],
      ['400 with that as its reason, in one request', UNSUPPORTED, SMALL],
    ],
  ),
)('in a store that answers conditions with %s', (_, meddler, size) => {
  test.each(
    few(
      [0],
      [
        ['with the checks, which see it before anything is sent', {}],
        ['without the checks, and nothing was sent in vain', { 'skip-checks': 'true' }],
      ],
    ),
  )('a backup works without conditions %s', async (_how, checks) => {
    const proxy = await newProxy();
    proxy.meddler = meddler;
    const inputs = { 's3-endpoint': proxy.endpoint, ...size, ...checks };
    const { lines, annotations } = await succeed('backup', inputs);
    const told = lines.filter((line) => line.includes('the store does not know If-'));
    expect(told).toHaveLength(1);
    const begins = lines.findIndex((line) => line.startsWith('::group::Backup of'));
    expect(lines.indexOf(told[0] ?? '') < begins).toBe(!('skip-checks' in checks));
    expect(annotations).toEqual([]);
    expect(proxy.lines.filter((line) => /one\.dump\?partNumber=1&/.test(line)).length).toBeLessThanOrEqual(1);
    await expectVersion(1);

    await setVersion(2);
    expectFailure(await run('backup', inputs), /^the backup one of .* exists already/, /force: true/);
    await expectVersion(1);
    await succeed('backup', { ...inputs, ...FORCE });
    await expectVersion(2);
  });

  test.each(
    few(
      [0],
      [
        ['has come meanwhile', false, {}],
        ['has come meanwhile, with force', false, FORCE],
        ['has been replaced meanwhile', true, FORCE],
      ],
    ),
  )('a backup that %s is left whole', async (_how, isThere, changes) => {
    if (isThere) await succeed('backup');
    const held = await HeldBackup.at(
      /\/one\.dump\?(?:partNumber=1|x-id=PutObject)/,
      { ...size, ...changes },
      { meddler },
    );
    await setVersion(2);
    await succeed('backup', changes);
    expectFailure(await held.end(), LOST);
    await expectVersion(2);
  });
});

describe('in a store that does not heed conditions', () => {
  let server: StartedS3;
  let place: Inputs;

  beforeAll(async () => {
    server = await startS3('fauxqs');
  });
  afterAll(() => server.stop());

  async function newPlace(): Promise<void> {
    place = {
      's3-bucket': await createBucket(server),
      's3-endpoint': server.endpoint,
      'aws-access-key-id': server.accessKey,
      'aws-secret-access-key': server.secretKey,
    };
  }

  test('a backup in a store without conditions is not overwritten without force', async () => {
    await newPlace();
    await succeed('backup', place);
    await setVersion(2);
    expectFailure(await run('backup', place), /^the backup one of .* exists already/);
    await expectVersion(1, place);
    await succeed('backup', { ...place, ...FORCE });
    await expectVersion(2, place);
  });

  test.each(
    few(
      [1],
      [
        ['over nothing', false],
        ['over a backup', true],
      ],
    ),
  )('a manifest that comes when another archive is in the place does no harm, %s', async (_, isThere) => {
    await newPlace();
    if (isThere) await succeed('backup', place);
    await setVersion(2);
    const { 's3-endpoint': target = '', ...rest } = place;
    const late = await HeldBackup.at(MOMENTS.manifest, { ...rest, ...FORCE }, { target });
    await setVersion(3);
    await succeed('backup', { ...place, ...FORCE });
    expectFailure(await late.end(), LOST);
    await expectVersion(3, place);
  });

  test('a backup that has come meanwhile is left whole by a store without conditions', async () => {
    await newPlace();
    const { 's3-endpoint': target = '', ...rest } = place;
    const held = await HeldBackup.at(/\/one\.dump\?partNumber=1/, rest, { target });
    await setVersion(2);
    await succeed('backup', place);
    expectFailure(await held.end(), LOST);
    await expectVersion(2, place);
  });
});
