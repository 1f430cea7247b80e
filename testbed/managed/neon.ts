import { PASSWORD, PASSWORD_SQL, type Platform } from './platform.js';

/**
 * Neon. Sources: the pages "Manage roles" and the changelog of 2023-08-15. Roles of the console are in neon_superuser, which reads and
 * writes all data, bypasses row-level security and makes databases; the superuser is cloud_admin, whose extension `neon` is in each
 * database. Roles made by SQL are plain ones.
 */
export const NEON: Platform = {
  name: 'Neon',
  administrator: { user: 'neondb_owner', password: PASSWORD },
  databases: [],
  extension: 'pg_prewarm',
  serverSql: `
    CREATE ROLE cloud_admin SUPERUSER;
    CREATE ROLE neon_superuser CREATEDB CREATEROLE BYPASSRLS REPLICATION
      IN ROLE pg_read_all_data, pg_write_all_data, pg_monitor;
    CREATE ROLE neondb_owner LOGIN CREATEDB CREATEROLE BYPASSRLS REPLICATION IN ROLE neon_superuser PASSWORD ${PASSWORD_SQL};`,
  databaseSql: () => `
    SET SESSION AUTHORIZATION cloud_admin;
    CREATE SCHEMA neon;
    CREATE EXTENSION pg_prewarm SCHEMA neon;
    CREATE FUNCTION neon.lfc_size() RETURNS int LANGUAGE sql AS 'SELECT 1';
    ALTER EXTENSION pg_prewarm ADD FUNCTION neon.lfc_size();`,
};
