import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../child-processes.js';
import type { CuttingProxy } from '../cutting-proxy.js';
import type { PostgresServer } from '../postgres.js';
import type { Random } from '../random.js';
import type { ActionHandle } from '../runner.js';

/** What of a restore at work is killed. */
export const KILL_KINDS = ['action', 'psql', 'backend', 'server', 's3'] as const;
export type KillKind = (typeof KILL_KINDS)[number];

/** A restore at work and what it stands on. */
export interface Victim {
  server: PostgresServer;
  proxy: CuttingProxy;
  handle: ActionHandle;
  /** The database that is restored into. */
  target: string;
}

/** For so long, at most, S3 and the server are away, milliseconds. */
const LONGEST_ABSENCE_MS = 400;

/** Kills something of a kind. False where there is nothing of it at this moment. */
export async function kill(
  kind: KillKind,
  { server, proxy, handle, target }: Victim,
  random: Random,
): Promise<boolean> {
  switch (kind) {
    case 'action':
      handle.kill('SIGKILL');
      return true;
    case 'psql': {
      const psqls = (await childrenOf(handle.pid)).filter(({ name }) => name === 'psql');
      const psql = random.pick(psqls);
      return psql !== undefined && signalled(psql.pid);
    }
    case 'backend': {
      const ended = await server.psql(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
           WHERE datname = '${target}' AND application_name LIKE 'phaselift%'
           ORDER BY md5(pid || '${random.next()}') LIMIT 1) one`,
      );
      return ended === 't';
    }
    case 'server':
      await server.crash();
      await sleep(random.next() * LONGEST_ABSENCE_MS);
      await server.restart();
      return true;
    case 's3':
      return proxy.cut(random.next() * LONGEST_ABSENCE_MS) > 0;
  }
}

/** False where it has ended by itself. */
function signalled(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}
