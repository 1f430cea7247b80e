import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startPgbouncer, type Pgbouncer } from '../../testbed/pgbouncer.js';
import { expectFailure } from './backup-runs.js';
import { RestoreRuns } from './restore-runs.js';
import { few } from '../helpers/depth.js';

let runs: RestoreRuns;
let pooler: Pgbouncer;

beforeAll(async () => {
  runs = await RestoreRuns.create(`CREATE TABLE public.t AS SELECT g, 'row ' || g FROM generate_series(1, 1000) g;`);
  pooler = await startPgbouncer(runs.server);
});

afterAll(async () => {
  await runs.close();
  await pooler.stop();
});

/** The inputs of one side with a URL in place of all others. */
function byUrl(side: 'source' | 'target', database: string, query: string, port?: number): Record<string, string> {
  const none = Object.fromEntries(Object.keys(runs.connection(side)).map((name) => [name, '']));
  const url = runs.server.url(database, runs.owner).replace(/:\d+\//, port === undefined ? '$&' : `:${port}/`);
  return { ...none, [`${side}-url`]: `${url}?${query}` };
}

describe('a connection URL with parameters of libpq', () => {
  test.each(
    few(
      [0, 1],
      [
        ['channel_binding=prefer&connect_timeout=10', 0],
        ['channel_binding=disable&sslmode=prefer&keepalives=1&keepalives_idle=30&tcp_user_timeout=30000', 0],
        ['application_name=mine&client_encoding=LATIN1&gssencmode=disable&target_session_attrs=read-write', 2],
        ['options=-c%20work_mem%3D7MB%20-c%20statement_timeout%3D1', 0],
        ['pgbouncer=true&schema=public&connection_limit=1', 3],
      ],
    ),
  )('a connection URL with parameters of libpq backs up and restores: %s', async (query, notes) => {
    const target = await runs.emptyTarget();
    const name = `with-${query.length}-${notes}`;
    const dumped = await runs.backUp(name, byUrl('source', runs.source, query));
    const restored = await runs.succeed(target, { 'backup-name': name, ...byUrl('target', target, query) });
    await runs.expectRestored(target);
    for (const [side, { lines }] of [
      ['source', dumped],
      ['target', restored],
    ] as const) {
      expect(lines.filter((line) => line.includes(`of \`${side}-url\` is not used`))).toHaveLength(notes);
    }
  });

  test('a connection URL fails when the server cannot give what its parameters ask for', async () => {
    const target = await runs.emptyTarget();
    const result = await runs.run(target, byUrl('target', target, 'channel_binding=require&sslmode=disable'));
    expectFailure(result, /channel binding/i);
  });
});

test('a backup through a pooler is refused, and the direct host is asked for', async () => {
  const target = await runs.emptyTarget();
  const result = await runs.run(target, byUrl('target', target, 'sslmode=disable', pooler.port));
  expectFailure(
    result,
    /unsupported startup parameter/,
    /connection pooler answers at target-host.*`-pooler`.*Supabase/,
  );
});
