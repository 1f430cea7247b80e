import { PASSWORD, PASSWORD_SQL, type Platform } from './platform.js';

/**
 * Supabase. Sources: the page "Postgres Roles", and the initial schema of its repositories. The superuser is supabase_admin; the
 * users' `postgres` (here supabase_first_user: the superuser of the testbed has that name) is none, and bypasses row-level security.
 * Extensions live in a schema of their own, and event triggers of the platform run after each statement that defines something. Roles
 * of the API have timeouts of seconds.
 */
export const SUPABASE: Platform = {
  name: 'Supabase',
  administrator: { user: 'supabase_first_user', password: PASSWORD },
  databases: [],
  extension: null,
  serverSql: `
    CREATE ROLE supabase_admin SUPERUSER;
    CREATE ROLE anon NOINHERIT;
    CREATE ROLE authenticated NOINHERIT;
    CREATE ROLE service_role NOINHERIT BYPASSRLS;
    ALTER ROLE anon SET statement_timeout = '3s';
    ALTER ROLE authenticated SET statement_timeout = '8s';
    CREATE ROLE supabase_first_user LOGIN CREATEDB CREATEROLE REPLICATION BYPASSRLS
      IN ROLE anon, authenticated, service_role, pg_monitor, pg_read_all_data, pg_signal_backend PASSWORD ${PASSWORD_SQL};
    ALTER ROLE supabase_first_user SET search_path = "$user", public, extensions;
    ALTER ROLE supabase_first_user SET statement_timeout = '120ms';`,
  databaseSql: () => `
    SET SESSION AUTHORIZATION supabase_admin;
    CREATE SCHEMA extensions;
    GRANT USAGE ON SCHEMA extensions, public TO anon, authenticated, service_role;
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT ALL ON TABLES TO anon, authenticated, service_role;
    CREATE EXTENSION "uuid-ossp" SCHEMA extensions;
    CREATE EXTENSION pgcrypto SCHEMA extensions;
    CREATE FUNCTION extensions.pgrst_ddl_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM pg_catalog.pg_event_trigger_ddl_commands() WHERE schema_name IS DISTINCT FROM 'pg_temp';
        NOTIFY pgrst, 'reload schema';
      END $$;
    CREATE FUNCTION extensions.pgrst_drop_watch() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN
        PERFORM FROM pg_catalog.pg_event_trigger_dropped_objects() WHERE NOT is_temporary;
        NOTIFY pgrst, 'reload schema';
      END $$;
    CREATE FUNCTION extensions.grant_pg_net_access() RETURNS event_trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF EXISTS (SELECT FROM pg_catalog.pg_event_trigger_ddl_commands() c JOIN pg_catalog.pg_extension e ON e.oid = c.objid WHERE e.extname = 'pg_net') THEN
          RAISE 'not here';
        END IF;
      END $$;
    CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_ddl_watch();
    CREATE EVENT TRIGGER pgrst_drop_watch ON sql_drop EXECUTE FUNCTION extensions.pgrst_drop_watch();
    CREATE EVENT TRIGGER issue_pg_net_access ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')
      EXECUTE FUNCTION extensions.grant_pg_net_access();`,
};
