import type { Sessions } from './sessions.js';

const TABLES_PER_STATEMENT = 50;

/** ANALYZE of every table and materialized view that the role may analyze; partitioned tables last. Returns how many. */
export async function analyzeTables(sessions: Sessions, jobs: number, signal: AbortSignal): Promise<number> {
  const tables = await sessions.use((session) =>
    session.query<{ name: string }>(
      'SELECT c.oid::pg_catalog.regclass::text AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace ' +
        "WHERE c.relkind IN ('r', 'p', 'm') AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' " +
        "AND n.nspname NOT IN ('information_schema', 'phaselift_journal') AND pg_catalog.pg_has_role(c.relowner, 'USAGE') " +
        "ORDER BY c.relkind = 'p', pg_catalog.pg_relation_size(c.oid) DESC",
    ),
  );
  const waiting = tables.map((table) => table.name);
  const work = async (): Promise<void> => {
    await sessions.use(async (session) => {
      while (waiting.length > 0) {
        signal.throwIfAborted();
        // Few at a time, so that large tables are spread over the workers.
        const share = waiting.splice(
          0,
          Math.max(1, Math.min(TABLES_PER_STATEMENT, Math.floor(waiting.length / (4 * jobs)))),
        );
        await session.run(`ANALYZE ${share.join(', ')};`);
      }
    });
  };
  await Promise.all(Array.from({ length: Math.min(jobs, Math.max(1, tables.length)) }, work));
  return tables.length;
}
