import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { checked } from '../commands/backup-runs.js';
import { expectVersion, inputsOf, newProxy, useReplacedRuns } from '../commands/replaced-runs.js';
import { runAction } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { STRICT_S3 } from '../store/s3-bucket.js';

useReplacedRuns();

const HOUR_MS = 3_600_000;

(STRICT_S3 ? describe : describe.skip)('a clock that is wrong', () => {
  test.each([
    ['two hours fast', 2 * HOUR_MS],
    ['two days slow', -48 * HOUR_MS],
  ])('a clock that is %s hinders no backup: requests are signed by the clock of the store', async (_, shiftMs) => {
    const proxy = await newProxy();
    const sentAt: number[] = [];
    proxy.meddler = (_line, headers) => void sentAt.push(timeOf(String(headers['x-amz-date'])));
    const inputs = inputsOf('backup', { 's3-endpoint': proxy.endpoint });
    const env = {
      PATH: `${sharedPostgres().programs}:${process.env['PATH'] ?? ''}`,
      NODE_OPTIONS: `--import=${join(import.meta.dirname, 'shifted-clock.mjs')}`,
      SHIFT_MS: String(shiftMs),
    };
    const result = await checked(await runAction({ with: inputs, env }), inputs);
    expect({ exitCode: result.exitCode, annotations: result.annotations }).toEqual({ exitCode: 0, annotations: [] });
    await expectVersion(1);
    // The first ones were refused, and have taught the rest.
    const wrong = sentAt.filter((time) => Math.abs(time - Date.now()) > HOUR_MS).length;
    expect(wrong).toBeGreaterThan(0);
    expect(wrong).toBeLessThan(sentAt.length / 2);
  });
});

/** `20261127T030405Z`. */
function timeOf(amzDate: string): number {
  return Date.parse(amzDate.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
