import { PASSWORD, PASSWORD_SQL, type Platform } from './platform.js';

/**
 * Google Cloud SQL. Source: the page "About PostgreSQL users". Users that Cloud SQL makes are in cloudsqlsuperuser, with CREATEROLE
 * and CREATEDB; cloudsqladmin, cloudsqlagent and others are the platform's, as is the database cloudsqladmin. The schema for its
 * vacuum tools has functions of the platform.
 */
export const CLOUD_SQL: Platform = {
  name: 'Google Cloud SQL',
  administrator: { user: 'cloudsql_first_user', password: PASSWORD },
  databases: ['cloudsqladmin'],
  extension: 'pg_stat_statements',
  serverSql: `
    CREATE ROLE cloudsqladmin SUPERUSER;
    CREATE ROLE cloudsqlagent CREATEROLE CREATEDB;
    CREATE ROLE cloudsqlimportexport CREATEROLE CREATEDB;
    CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB IN ROLE pg_monitor, pg_signal_backend;
    CREATE ROLE cloudsql_first_user LOGIN CREATEROLE CREATEDB IN ROLE cloudsqlsuperuser PASSWORD ${PASSWORD_SQL};
    CREATE DATABASE cloudsqladmin OWNER cloudsqladmin TEMPLATE template0;
    REVOKE ALL ON DATABASE cloudsqladmin FROM PUBLIC;`,
  databaseSql: () => `
    SET SESSION AUTHORIZATION cloudsqladmin;
    CREATE SCHEMA google_vacuum_mgmt;
    CREATE FUNCTION google_vacuum_mgmt.suspend() RETURNS void LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EXTENSION pg_stat_statements SCHEMA google_vacuum_mgmt;
    ALTER EXTENSION pg_stat_statements ADD FUNCTION google_vacuum_mgmt.suspend();`,
};
