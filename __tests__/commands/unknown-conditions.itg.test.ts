import { describe, expect, test } from '@jest/globals';
import type { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { expectFailure } from './backup-runs.js';
import {
  FORCE,
  newProxy,
  run,
  runs,
  setVersion,
  SMALL,
  succeed,
  useReplacedRuns,
  visible,
  WHOLE,
  expectVersion,
} from './replaced-runs.js';
import { few } from '../helpers/depth.js';

/** Stores that do not know `If-None-Match` and `If-Match`, and say so. */

useReplacedRuns();

const NOT_IMPLEMENTED =
  '<?xml version="1.0" encoding="UTF-8"?><Error><Code>NotImplemented</Code><Message>A header you provided implies functionality that is not implemented</Message></Error>';
const TOLD = /^the store does not know If-(?:None-)?Match: instead, what stands in the place of a backup is looked at/m;

/** In front of a store that refuses each request with a condition. Tells how many parts it has passed on. */
async function refusing(): Promise<{ proxy: MeddlingProxy; parts: () => number }> {
  const proxy = await newProxy();
  proxy.meddler = (_line, headers) =>
    headers['if-none-match'] === undefined && headers['if-match'] === undefined
      ? undefined
      : { status: 501, body: NOT_IMPLEMENTED };
  return { proxy, parts: () => proxy.lines.filter((line) => /partNumber=/.test(line)).length };
}

describe('a store that answers 501 to a condition', () => {
  test.each(
    few(
      [0],
      [
        ['in parts', {}],
        ['in one request', SMALL],
        ['in parts, without checks', { 'skip-checks': 'true' }],
        ['in one request, without checks', { ...SMALL, 'skip-checks': 'true' }],
      ],
    ),
  )('a store that answers 501 takes a backup %s, and the log says what is done instead', async (_, changes) => {
    const { proxy, parts } = await refusing();
    const inputs = { 's3-endpoint': proxy.endpoint, ...changes };
    const first = await succeed('backup', inputs);
    expect(first.stdout).toMatch(TOLD);
    const sent = parts();
    await expectVersion(1);
    await setVersion(2);
    const second = await succeed('backup', { ...inputs, ...FORCE });
    expect(second.stdout).toMatch(TOLD);
    // No byte of an archive was sent in vain.
    expect(parts()).toBe(2 * sent);
    await expectVersion(2);
    expect(await visible()).toEqual(expect.arrayContaining(WHOLE));
  });

  test('a store that answers 501 never loses a backup without force', async () => {
    await succeed('backup');
    const { proxy } = await refusing();
    const inputs = { 's3-endpoint': proxy.endpoint };
    expectFailure(await run('backup', inputs), /exists already/, /another `backup-name`/);

    for (const key of await runs.bucket.keys()) await runs.bucket.delete(key);
    await setVersion(2);
    const late = await newProxy();
    const { meddler } = proxy;
    let isFirst = true;
    late.meddler = async (line, headers) => {
      if (/partNumber=1/.test(line) && isFirst) {
        isFirst = false;
        await succeed('backup');
        await setVersion(3);
      }
      return meddler(line, headers);
    };
    expectFailure(await run('backup', { 's3-endpoint': late.endpoint }), /by another run meanwhile/, /backup-name/);
    await expectVersion(2);
  });
});
