import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runAction } from '../helpers/run-action.js';
import { expectFailure } from './backup-runs.js';
import { ended, RestoreRuns } from './restore-runs.js';

const SOURCE = 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100);';

let runs: RestoreRuns;
let tools: string;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
  // Rows of COPY go without pg_restore.
  await runs.backUp('one', { 'dump-options': '--inserts' });
  tools = await mkdtemp(join(tmpdir(), 'phaselift-tools-'));
});

afterAll(async () => {
  await rm(tools, { recursive: true });
  await runs.close();
});

/** A pg_restore that writes the whole text of a unit and then, if the text has rows, says that it failed. */
async function failLate(): Promise<void> {
  const real = (tool: string): string => join(runs.server.programs, tool);
  for (const tool of ['pg_dump', 'psql']) await symlink(real(tool), join(tools, tool));
  const text = join(tools, 'text');
  const script = `#!/bin/sh
'${real('pg_restore')}' "$@" | tee '${text}'
grep -q '^INSERT ' '${text}' || exit 0
echo 'pg_restore: error: it broke off at the end' >&2
exit 1
`;
  await writeFile(join(tools, 'pg_restore'), script, { mode: 0o755 });
}

test('a unit whose pg_restore fails after its last byte is not committed until the next run', async () => {
  await failLate();
  const target = await runs.emptyTarget();
  const PATH = `${tools}:${process.env['PATH'] ?? ''}`;
  const result = await ended(await runAction({ with: runs.inputs(target), env: { PATH } }));
  expectFailure(result, /t.*pg_restore failed \(exit 1\): it broke off at the end/);
  expect(await runs.server.psql(target, 'SELECT count(*) FROM t')).toBe('0');

  const again = await runs.succeed(target);
  expect(again.outputs['resumed']).toBe('true');
  await runs.expectRestored(target);
});
