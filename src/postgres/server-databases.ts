/** The databases of a server, as far as any session can see them: pg_database is one for all. */
import * as z from 'zod';
import type { PsqlSession } from './session.js';

/** Databases that are there on nearly every server, to ask for others from. */
export const MAINTENANCE_DATABASES = ['postgres', 'template1'] as const;

/** A database that is somebody's. */
export interface ServerDatabase {
  name: string;
  /** null where the role may not ask. */
  sizeBytes: number | null;
  /** It takes connections, and the role may make one. */
  canConnect: boolean;
}

/** What was passed over, by its name and why. */
export interface PassedOver {
  name: string;
  reason: string;
}

/** Of managed platforms: RDS, Cloud SQL, Azure (Flexible and Single Server). Nobody else may connect to them, or has anything in them. */
const PLATFORM = ['rdsadmin', 'cloudsqladmin', 'alloydbadmin'];
const PLATFORM_PREFIX = 'azure_';

const row = z.object({
  name: z.string(),
  isTemplate: z.boolean(),
  allowsConnections: z.boolean(),
  canConnect: z.boolean(),
  sizeBytes: z.int().nullable(),
});

/** All databases by their names, in one query. A size is asked for only where that is allowed: it would be an error. */
export async function readServerDatabases(
  session: PsqlSession,
): Promise<{ databases: ServerDatabase[]; passedOver: PassedOver[] }> {
  const rows = await session.query(
    `
    SELECT d.datname AS name, d.datistemplate AS "isTemplate", d.datallowconn AND d.datconnlimit <> -2 AS "allowsConnections",
      pg_catalog.has_database_privilege(d.oid, 'CONNECT') AS "canConnect",
      CASE WHEN d.datconnlimit <> -2 AND (pg_catalog.has_database_privilege(d.oid, 'CONNECT') OR pg_catalog.pg_has_role('pg_read_all_stats', 'USAGE'))
        THEN pg_catalog.pg_database_size(d.oid) END AS "sizeBytes"
    FROM pg_catalog.pg_database d ORDER BY d.datname COLLATE "C"`,
    row,
  );
  const passedOver: PassedOver[] = [];
  const databases = rows.flatMap(({ name, sizeBytes, canConnect, ...rest }): ServerDatabase[] => {
    const reason = reasonToPassOver(name, rest);
    if (reason === null) return [{ name, sizeBytes, canConnect }];
    passedOver.push({ name, reason });
    return [];
  });
  return { databases, passedOver };
}

function reasonToPassOver(
  name: string,
  { isTemplate, allowsConnections }: Pick<z.infer<typeof row>, 'isTemplate' | 'allowsConnections'>,
): string | null {
  if (isTemplate) return 'a template';
  if (PLATFORM.includes(name) || name.startsWith(PLATFORM_PREFIX)) return "the platform's own";
  return allowsConnections ? null : 'it takes no connections';
}
