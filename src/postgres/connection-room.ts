import * as z from 'zod';
import type { PsqlSession } from './session.js';

/**
 * How many sessions the role can still open in this database: what the server has for ordinary roles, or the role's or the
 * database's own limit where that is lower. At least 0. Others may take them meanwhile.
 */
export async function connectionRoom(session: PsqlSession): Promise<number> {
  const setting = (name: string): string =>
    `COALESCE(pg_catalog.current_setting('${name}', true), '0')::pg_catalog.int8`;
  // Sessions that count against a limit; of other roles' only that they are there can be seen.
  const used = (condition: string): string =>
    `(SELECT pg_catalog.count(*) FROM pg_catalog.pg_stat_activity a WHERE ${condition})`;
  const [row] = await session.query(
    `SELECT LEAST(${setting('max_connections')} - ${setting('superuser_reserved_connections')} - ${setting('reserved_connections')} - ` +
      '(SELECT pg_catalog.sum(numbackends) FROM pg_catalog.pg_stat_database), ' +
      `(SELECT CASE WHEN rolconnlimit >= 0 AND NOT rolsuper THEN rolconnlimit - ${used('a.usesysid = r.oid')} END FROM pg_catalog.pg_roles r WHERE rolname = SESSION_USER), ` +
      `(SELECT CASE WHEN datconnlimit >= 0 THEN datconnlimit - ${used('a.datid = d.oid')} END FROM pg_catalog.pg_database d WHERE datname = pg_catalog.current_database()))::pg_catalog.int8 AS room`,
    z.object({ room: z.int() }),
  );
  return Math.max(0, row?.room ?? 0);
}
