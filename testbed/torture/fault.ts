import { setTimeout as sleep } from 'node:timers/promises';
import { childrenOf } from '../child-processes.js';
import type { CuttingProxy } from '../cutting-proxy.js';
import type { PostgresServer } from '../postgres.js';
import type { Random } from '../random.js';
import type { ActionHandle } from '../runner.js';
import { S3_FAULTS, type S3Fault, type S3Faults } from './s3-faults.js';

/** What of a run at work is killed. */
export const KILLS = ['action', 'psql', 'backend', 'server', 's3'] as const;
/** What else is done to it. */
export const FAULTS = [...KILLS, 'cancel', 'tool', 'pg-cut', 'pg-stall', ...S3_FAULTS] as const;
export type Fault = (typeof FAULTS)[number];

/** A run at work and what it stands on. */
export interface Victim {
  server: PostgresServer;
  /** In front of S3, all of its connections; in front of these the requests; and in front of the server. */
  s3: CuttingProxy;
  requests: S3Faults;
  postgres: CuttingProxy;
  handle: ActionHandle;
  /** The database that it is connected with. */
  database: string;
}

/** For so long, at most, S3 and the server are away, milliseconds. */
const LONGEST_ABSENCE_MS = 400;
const LONGEST_STALL_MS = 2_000;
const TOOLS = ['psql', 'pg_dump', 'pg_restore'];

/** Does a fault of a kind. False where there is nothing that it could hit at this moment. */
export async function strike(kind: Fault, victim: Victim, random: Random): Promise<boolean> {
  const { server, s3, postgres, handle, database } = victim;
  switch (kind) {
    case 'action':
      handle.kill('SIGKILL');
      return true;
    case 'cancel':
      handle.kill(random.pick(['SIGINT', 'SIGTERM'] as const) ?? 'SIGINT');
      return true;
    case 'psql':
      return killTool(handle, ['psql'], random);
    case 'tool':
      return killTool(handle, TOOLS, random);
    case 'backend': {
      const ended = await server.psql(
        'postgres',
        `SELECT pg_terminate_backend(pid) FROM (SELECT pid FROM pg_stat_activity
           WHERE datname = '${database}' AND application_name LIKE 'phaselift%'
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
      return s3.cut(random.next() * LONGEST_ABSENCE_MS) > 0;
    case 'pg-cut':
      return postgres.cut(random.next() * LONGEST_ABSENCE_MS) > 0;
    case 'pg-stall':
      return postgres.stall(random.next() * LONGEST_STALL_MS) > 0;
    default:
      return victim.requests.strike(kind satisfies S3Fault, random, handle.done);
  }
}

async function killTool(handle: ActionHandle, names: readonly string[], random: Random): Promise<boolean> {
  const tools = (await childrenOf(handle.pid)).filter(({ name }) => names.includes(name));
  const tool = random.pick(tools);
  if (tool === undefined) return false;
  try {
    return process.kill(tool.pid, 'SIGKILL');
  } catch {
    return false; // it has ended by itself
  }
}
