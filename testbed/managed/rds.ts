import { PASSWORD, PASSWORD_SQL, type Platform } from './platform.js';

/**
 * Amazon RDS and Aurora. Sources: the pages "Understanding the rds_superuser role" and "Understanding PostgreSQL roles and
 * permissions" of the user guides. The first user is no superuser, and is in rds_superuser; the superuser rdsadmin and the
 * database of that name are the platform's. Of a database that was upgraded from 14, `public` belongs to the platform.
 */
export const RDS: Platform = {
  name: 'Amazon RDS',
  administrator: { user: 'rds_first_user', password: PASSWORD },
  databases: ['rdsadmin'],
  extension: 'pg_stat_statements',
  serverSql: `
    CREATE ROLE rdsadmin SUPERUSER;
    CREATE ROLE rds_superuser;
    GRANT pg_monitor, pg_signal_backend, pg_checkpoint TO rds_superuser WITH ADMIN OPTION;
    CREATE ROLE rds_replication;
    CREATE ROLE rds_password;
    GRANT rds_replication, rds_password TO rds_superuser WITH ADMIN OPTION;
    CREATE ROLE rds_first_user LOGIN CREATEDB CREATEROLE IN ROLE rds_superuser PASSWORD ${PASSWORD_SQL};
    CREATE DATABASE rdsadmin OWNER rdsadmin TEMPLATE template0;
    REVOKE ALL ON DATABASE rdsadmin FROM PUBLIC;`,
  databaseSql: (owner) => `
    ALTER SCHEMA public OWNER TO rdsadmin;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    GRANT ALL ON SCHEMA public TO ${owner};
    SET SESSION AUTHORIZATION rdsadmin;
    CREATE EXTENSION pg_stat_statements;`,
};
