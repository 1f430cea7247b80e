import { startPostgres, type PostgresServer } from '../postgres.js';
import { AIVEN } from './aiven.js';
import { AZURE } from './azure.js';
import { CLOUD_SQL } from './cloud-sql.js';
import { NEON } from './neon.js';
import type { Platform } from './platform.js';
import { RDS } from './rds.js';
import { SUPABASE } from './supabase.js';

export const PLATFORMS: readonly Platform[] = [RDS, CLOUD_SQL, AZURE, AIVEN, SUPABASE, NEON];

/** The meanest plan that money can buy: few connections, few locks, little memory, next to no temporary files, a loud log. */
const LIMITS = {
  max_connections: '20',
  superuser_reserved_connections: '5',
  max_locks_per_transaction: '10',
  work_mem: '64kB',
  maintenance_work_mem: '1MB',
  temp_file_limit: '1MB',
  log_min_duration_statement: '0',
  log_connections: 'on',
  log_lock_waits: 'on',
};

/** Limits that platforms and their users set on roles; tiny, so that whatever is bound by one ends. */
export const TIMEOUTS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'] as const;

/** One server with the roles and databases of all platforms. */
export async function startManagedServer(): Promise<PostgresServer> {
  const server = await startPostgres({ version: 15, settings: LIMITS });
  for (const { serverSql } of PLATFORMS) await server.psql('postgres', serverSql);
  return server;
}
