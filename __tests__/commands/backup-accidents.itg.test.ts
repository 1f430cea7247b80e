import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { createDatabase, createRole, dropDatabase } from '../helpers/databases.js';
import { runAction, waitForLine, type ActionHandle } from '../helpers/run-action.js';
import { sharedS3 } from '../helpers/shared-servers.js';
import { MeddlingProxy } from '../../testbed/meddling-proxy.js';
import { checked, childrenOf, expectFailure, processName, type Inputs } from './backup-runs.js';
import { sha256 } from './digests.js';
import { database, runs, s3, useHeldBackups } from './held-backups.js';
import { SMALL_PARTS } from './held-parts.js';
import { few } from '../helpers/depth.js';

useHeldBackups();

/** Starts a backup and comes back when it is in the middle of its upload, with the pid of its pg_dump. */
async function startHeld(changes: Inputs): Promise<{ handle: ActionHandle; pgDump: number }> {
  const handle = await runs.start(database, { ...SMALL_PARTS, 's3-endpoint': s3.endpoint, ...changes });
  await Promise.race([s3.isHolding, handle.done]);
  const pgDump = (await childrenOf(handle.pid)).find(({ name }) => name === 'pg_dump')?.pid;
  if (pgDump === undefined) throw new Error(`pg_dump does not run: ${handle.lines.join('\n')}`);
  expect(await runs.visible()).toContainEqual(expect.stringMatching(/^upload of /));
  return { handle, pgDump };
}

describe('a backup that breaks off in its middle', () => {
  test.each(
    few([1], [
      ['SIGTERM', /^pg_dump failed \(exit 1\): .*terminated by user$/],
      ['SIGKILL', /^pg_dump failed \(killed by SIGKILL\)/],
    ] as const),
  )('a backup leaves nothing when pg_dump gets %s', async (signal, firstLine) => {
    const { handle, pgDump } = await startHeld({});
    process.kill(pgDump, signal);
    s3.letGo();
    const result = await checked(handle, runs.inputs(database));
    expectFailure(result, firstLine, /Somebody or the system ended it/);
    expect(result.summary).toContain('| backup | ❌ failed |');
    expect(await runs.visible()).toEqual([]);
  });

  test('a backup leaves nothing when the server ends the session of pg_dump', async () => {
    const { handle } = await startHeld({});
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${database}' AND state = 'active' AND query LIKE 'COPY%'`;
    expect(await runs.postgres.psql('postgres', end)).toBe('t');
    s3.letGo();
    const result = await checked(handle, runs.inputs(database));
    expectFailure(result, /^pg_dump failed \(exit 1\): .*large/, /look at the server's log/);
    expect(await runs.visible()).toEqual([]);
  });

  test('a backup whose store goes away leaves only what the post step removes later', async () => {
    const { handle } = await startHeld({});
    await s3.stop();
    const result = await checked(handle, runs.inputs(database));
    expectFailure(result, /^cannot write s3:\/\/.*\/one\.dump: .* \(s3-endpoint\)$/, /Check s3-endpoint/);
    expect(result.annotations.filter(({ level }) => level === 'warning')).toEqual([
      expect.objectContaining({ message: expect.stringMatching(/Upload .* may remain/) }),
    ]);
    expect(await runs.visible()).toEqual([`upload of ${database}/one.dump`]);

    // It is back by then, here under another address.
    const state = { leftovers: (result.state['leftovers'] ?? '').replace(s3.endpoint, sharedS3().endpoint) };
    const post = await runAction({ with: runs.inputs(database), entry: 'post', state });
    expect((await post.done).exitCode).toBe(0);
    expect(await runs.visible()).toEqual([]);
  });

  test('a backup leaves nothing when the signals of the runner cancel it', async () => {
    const { handle, pgDump } = await startHeld({});
    handle.kill('SIGINT');
    const ended = handle.done.then(() => true);
    // The second signal of the runner comes 7.5 seconds after the first, SIGKILL 2.5 seconds after that.
    if (!(await Promise.race([ended, sleep(7_500, false, { ref: false })]))) handle.kill('SIGTERM');
    const result = await checked(handle, runs.inputs(database));
    expect(result).toMatchObject({ exitCode: 1, signal: null });
    expect(result.summary).toMatch(/^## 🚫 /);
    expect(result.summary).toContain('| backup | 🚫 cancelled |');
    expect(result.annotations).toEqual([expect.objectContaining({ level: 'error' })]);
    expect(result.annotations[0]?.message).toMatch(/^the run was cancelled/);
    expect(await processName(pgDump)).toBe('');
    expect(await runs.visible()).toEqual([]);
  });

  test('a backup that was to replace another leaves that one whole', async () => {
    const names = [`${database}/old.dump`, `${database}/old.manifest.json`];
    const small = { 'dump-options': '--exclude-table-data=large', 'backup-name': 'old' };
    await runs.succeed(database, small);
    const before = await digests(names);

    // Later than this it cannot fail: pg_dump has ended well, and only the object is still to appear.
    const proxy = await MeddlingProxy.start(sharedS3().endpoint);
    try {
      let refused = 0;
      proxy.meddler = (line) => {
        if (!/^(PUT .*old\.dump\?x-id=PutObject|POST .*[?&]uploadId=)/.test(line)) return undefined;
        refused++;
        return { status: 403 };
      };
      const result = await runs.run(database, { 'backup-name': 'old', force: 'true', 's3-endpoint': proxy.endpoint });
      expect(refused).toBeGreaterThan(0);
      expectFailure(result, /^cannot write s3:.*\/old\.dump: /);
    } finally {
      await proxy.stop();
    }
    expect(await runs.visible()).toEqual(names);
    expect(await digests(names)).toEqual(before);
    for (const name of names) await runs.bucket.delete(name);
  });

  test.each(
    few(
      [0],
      [
        ['is refused', { status: 403 }, /access denied, s3:PutObject/],
        [
          'is written, but nobody hears of it',
          { loseAnswer: true },
          /(did not answer in time|connection to .* failed).*\(s3-endpoint\)/,
        ],
      ],
    ),
  )('a backup leaves nothing when its manifest %s', async (_, meddling, why) => {
    const proxy = await MeddlingProxy.start(sharedS3().endpoint);
    try {
      proxy.meddler = (line) => (/^PUT .*\.manifest\.json/.test(line) ? meddling : undefined);
      const result = await runs.run(database, { 's3-endpoint': proxy.endpoint });
      expectFailure(result, /^cannot write s3:.*\/one\.manifest\.json: /);
      expect(result.stdout).toMatch(why);
    } finally {
      await proxy.stop();
    }
    expect(await runs.visible()).toEqual([]);
  });
});

describe('a backup that is cancelled during its checks', () => {
  test('a backup that is cancelled during its checks ends, though the store never answers', async () => {
    const proxy = await MeddlingProxy.start(sharedS3().endpoint);
    try {
      const never = new Promise<undefined>(() => undefined);
      const asked = new Promise<void>((resolve) => {
        proxy.meddler = () => {
          resolve();
          return never;
        };
      });
      const handle = await runs.start(database, { 's3-endpoint': proxy.endpoint });
      await Promise.all([asked, waitForLine(handle, /^::group::Checks/)]);
      handle.kill('SIGINT');
      handle.kill('SIGTERM');
      const result = await checked(handle, runs.inputs(database));
      expect(result).toMatchObject({ exitCode: 1, signal: null });
      expect(result.summary).toContain('| checks | 🚫 cancelled |');
    } finally {
      await proxy.stop();
    }
  });
});

describe('a role that may not read everything', () => {
  test('a role that may not read a table is told which, whatever its name', async () => {
    const role = await createRole(runs.postgres);
    const sql = `CREATE TABLE "secret\n::error::forged ##[error]forged" (a int)`;
    const own = await createDatabase(runs.postgres, { sql });
    try {
      const changes = { 'source-user': role.user, 'source-password': role.password };
      const refused = await runs.run(own, changes);
      expectFailure(refused, /may not read 1 object of .*: TABLE public\.secret\\n.*forged/, /GRANT SELECT ON TABLE /);
      expect(refused.stdout).not.toMatch(/^::error::forged|##\[/m);
      const result = await runs.run(own, { ...changes, 'skip-checks': 'true' });
      const line = /^pg_dump failed \(exit 1\): .*permission denied for table secret.*forged/;
      expectFailure(result, line, /^Next step: Grant SELECT .*pg_read_all_data.*--exclude-table/);
      expect(result.stdout).not.toMatch(/^::error::forged|##\[/m);
      expect(await runs.bucket.keys(`${own}/`)).toEqual([]);
    } finally {
      await dropDatabase(runs.postgres, own);
    }
  });

  test('a role is told what row-level security hides from it', async () => {
    const role = await createRole(runs.postgres);
    const sql = `CREATE TABLE hidden (a int); ALTER TABLE hidden ENABLE ROW LEVEL SECURITY; GRANT SELECT ON hidden TO public`;
    const own = await createDatabase(runs.postgres, { sql });
    try {
      const login = { 'source-user': role.user, 'source-password': role.password };
      const advice = /`--enable-row-security` backs up the visible rows only.*ALTER ROLE .* BYPASSRLS;/s;
      expectFailure(await runs.run(own, login), /may not read 1 object of .*: TABLE public\.hidden$/, advice);
      const result = await runs.run(own, { ...login, 'skip-checks': 'true' });
      expectFailure(result, /row-level security policy for table "hidden"/, /BYPASSRLS; `--enable-row-security`/);
    } finally {
      await dropDatabase(runs.postgres, own);
    }
  });
});

/** Of objects in the bucket: two archives that differ are too long to be compared byte by byte in a report. */
async function digests(names: readonly string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => sha256(await runs.bucket.get(name))));
}
