import { describe, expect, test } from '@jest/globals';
import { attributesOf, isPlatformRole, rolesSql, type ServerRole } from '../../src/postgres/server-roles.js';
import { settingValues } from '../../src/postgres/setting-values.js';

const role = (name: string, more: Partial<ServerRole> = {}): ServerRole => ({
  name,
  superuser: false,
  inherit: true,
  createRole: false,
  createDatabase: false,
  login: false,
  replication: false,
  bypassRls: false,
  connectionLimit: -1,
  validUntil: null,
  settings: null,
  comment: null,
  ...more,
});
const PLAIN = 'NOSUPERUSER INHERIT NOCREATEROLE NOCREATEDB NOLOGIN NOREPLICATION NOBYPASSRLS';

describe('the roles of a server as SQL', () => {
  test('attributes are all said', () => {
    const much = { login: true, inherit: false, createRole: true, connectionLimit: 5, validUntil: 'infinity' };
    expect(attributesOf(role('a', much)).join(' ')).toBe(
      "NOSUPERUSER NOINHERIT CREATEROLE NOCREATEDB LOGIN NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 5 VALID UNTIL 'infinity'",
    );
  });

  test('each statement is a line, and what is left out is a comment', () => {
    const roles = [
      role('line\nend', { comment: "it's\n" }),
      role('m', { inherit: false, settings: ['search_path="$user", app', 'app.key=s3cret', 'work_mem=64MB'] }),
    ];
    const give = (group: string, more: object = {}) => ({
      ...{ role: group, member: 'm', admin: false, inherit: null, set: true },
      ...more,
    });
    const memberships = [
      give('line\nend', { admin: true }),
      give('pg_monitor', { inherit: true, set: false }),
      give('rds_superuser', { inherit: false }),
    ];
    const sql = rolesSql({ roles, memberships, passedOver: ['rdsadmin', 'rds_superuser'] });
    expect(sql).toEqual([
      '-- roles of the platform, left out: "rdsadmin", "rds_superuser"',
      `CREATE ROLE U&"line\\000Aend" WITH ${PLAIN};`,
      `CREATE ROLE "m" WITH ${PLAIN.replace('INHERIT', 'NOINHERIT')};`,
      `COMMENT ON ROLE U&"line\\000Aend" IS U&'it''s\\000A';`,
      `ALTER ROLE "m" SET "search_path" TO '$user', 'app';`,
      `-- the value may be a secret, and is not shown: ALTER ROLE "m" SET "app.key" TO '…';`,
      `ALTER ROLE "m" SET "work_mem" TO '64MB';`,
      'GRANT U&"line\\000Aend" TO "m" WITH ADMIN OPTION;',
      'GRANT "pg_monitor" TO "m" WITH INHERIT TRUE, SET FALSE;',
      '-- a role of the platform: GRANT "rds_superuser" TO "m";',
    ]);
    expect(sql.join('')).not.toContain('s3cret');
  });

  test.each([
    ['rdsadmin', true],
    ['rds_superuser', true],
    ['cloudsqlsuperuser', true],
    ['azure_pg_admin', true],
    ['pg_monitor', true],
    ['rdsreports', false],
    ['app', false],
  ])('the role %s is of a platform: %s', (name, is) => {
    expect(isPlatformRole(name)).toBe(is);
  });

  test.each([
    ['search_path', '"$user", "a, ""b""",public', ['$user', 'a, "b"', 'public']],
    ['search_path', '', ['']],
    ['search_path', '""', ['']],
    ['DateStyle', 'ISO, DMY', ['ISO, DMY']],
  ])('the value of %s is taken apart: %s', (name, value, values) => {
    expect(settingValues(name, value)).toEqual(values);
  });
});
