import { PASSWORD, PASSWORD_SQL, type Platform } from './platform.js';

/**
 * Azure Database for PostgreSQL, flexible server. Sources: the training unit "Describe built-in Azure Database for PostgreSQL server
 * roles" and the page "Access management". The server admin is in azure_pg_admin, no superuser, with CREATEDB, CREATEROLE and
 * REPLICATION; azuresu, azure_sys and azure_maintenance are Microsoft's. `public` belongs to azure_pg_admin, so that the owner of a
 * database has nothing to say there.
 */
export const AZURE: Platform = {
  name: 'Azure Database',
  administrator: { user: 'azure_first_user', password: PASSWORD },
  databases: ['azure_maintenance', 'azure_sys'],
  extension: 'pg_buffercache',
  serverSql: `
    CREATE ROLE azuresu SUPERUSER;
    CREATE ROLE azure_pg_admin IN ROLE pg_monitor, pg_signal_backend, pg_read_all_settings, pg_stat_scan_tables;
    CREATE ROLE azure_first_user LOGIN CREATEDB CREATEROLE REPLICATION IN ROLE azure_pg_admin PASSWORD ${PASSWORD_SQL};
    CREATE DATABASE azure_maintenance OWNER azuresu TEMPLATE template0;
    CREATE DATABASE azure_sys OWNER azuresu TEMPLATE template0;
    REVOKE ALL ON DATABASE azure_maintenance FROM PUBLIC;`,
  databaseSql: () => `
    ALTER SCHEMA public OWNER TO azure_pg_admin;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    SET SESSION AUTHORIZATION azuresu;
    CREATE SCHEMA pgaadauth;
    CREATE FUNCTION pgaadauth.list() RETURNS SETOF text LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EXTENSION pg_buffercache SCHEMA pgaadauth;
    ALTER EXTENSION pg_buffercache ADD FUNCTION pgaadauth.list();`,
};
