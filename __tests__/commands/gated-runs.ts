import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { GATED_SOURCE, releaseAll } from './restore-gates.js';
import { RestoreRuns } from './restore-runs.js';

/** Restores of a database with gates, whose backup is `one`; from useGatedRuns() on. */
export let runs: RestoreRuns;

/** Makes and removes them for the tests of a file; no gate stays shut. */
export function useGatedRuns(): void {
  beforeAll(async () => {
    runs = await RestoreRuns.create(GATED_SOURCE);
    await runs.backUp('one');
  });
  afterEach(releaseAll);
  afterAll(() => runs.close());
}
