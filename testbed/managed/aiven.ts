import { PASSWORD, PASSWORD_SQL, type Platform } from './platform.js';

/**
 * Aiven. Sources: the pages "Perform DBA-type tasks" and "Claim public schema ownership". avnadmin is no superuser and has CREATEDB,
 * CREATEROLE and REPLICATION; the superuser is `postgres`, to whom `public` belongs. The extension aiven_extras does in its schema
 * what else takes a superuser.
 */
export const AIVEN: Platform = {
  name: 'Aiven',
  administrator: { user: 'avnadmin', password: PASSWORD },
  databases: [],
  extension: 'dblink',
  serverSql: `
    CREATE ROLE avnadmin LOGIN CREATEDB CREATEROLE REPLICATION
      IN ROLE pg_monitor, pg_signal_backend, pg_stat_scan_tables PASSWORD ${PASSWORD_SQL};`,
  databaseSql: (owner) => `
    ALTER SCHEMA public OWNER TO postgres;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT USAGE, CREATE ON SCHEMA public TO ${owner};
    CREATE SCHEMA aiven_extras;
    CREATE FUNCTION aiven_extras.session_replication_role(text) RETURNS text LANGUAGE sql AS 'SELECT $1';
    CREATE EXTENSION dblink SCHEMA aiven_extras;
    ALTER EXTENSION dblink ADD FUNCTION aiven_extras.session_replication_role(text);`,
};
