import { describe, expect, test } from '@jest/globals';
import { waitForLine } from '../helpers/run-action.js';
import { runs, useGatedRuns } from './gated-runs.js';
import { GATES } from './restore-gates.js';
import { ended, succeeded } from './restore-runs.js';
import { finishRestore, stopRestore } from './stopped-restore.js';
import { few } from '../helpers/depth.js';

/** Our sessions are found by their name: to end them when a run is cancelled, and those that a killed run left behind. */

useGatedRuns();

describe.each(few([2], ['é'.repeat(31), 'a'.repeat(63), `база данных 🚀 o'clock "quoted" 100 %s %`]))(
  'sessions of a restore of a database named %s',
  (database) => {
    test('sessions of a restore are ended by a cancel', async () => {
      const stopped = await stopRestore(runs, GATES.data, await backupOf(database));
      expect(await runs.sessionsIn(stopped.target)).toContain('phaselift restore ');
      stopped.handle.kill('SIGTERM');
      await ended(stopped.handle);
      expect(await runs.sessionsIn(stopped.target)).toBe('');
      await finishRestore(runs, stopped, { database });
    });

    test('sessions of a restore that a kill left are ended by the next run', async () => {
      const stopped = await stopRestore(runs, GATES.data, await backupOf(database));
      stopped.handle.kill('SIGKILL');
      await stopped.handle.done;
      const again = await runs.start(stopped.target, { database });
      // Whichever comes first: a phase begins only when nothing is left to be ended.
      const line = await waitForLine(again, /sessions? that an earlier run left behind|^::group::Phase/);
      expect(line).toMatch(/^ending \d+ sessions?/);
      await stopped.gate.release();
      expect((await succeeded(again)).outputs['resumed']).toBe('true');
      await runs.expectRestored(stopped.target);
    });
  },
);

/** The backup of the gated database, in the folder of another one; the inputs that lead to it. */
async function backupOf(database: string): Promise<{ database: string }> {
  await runs.bucket.put(`${database}/one.dump`, await runs.bucket.get(runs.archiveKey()));
  await runs.bucket.put(`${database}/one.manifest.json`, await runs.bucket.get(runs.manifestKey()));
  return { database };
}
