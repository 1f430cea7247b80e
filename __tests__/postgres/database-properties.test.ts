import { describe, expect, test } from '@jest/globals';
import { databaseProperties, type DatabaseSetting } from '../../src/archive/database-settings.js';
import { parseHead } from '../../src/archive/head.js';
import { objectionTo, statementsToPaste } from '../../src/postgres/database-properties.js';
import { fixture } from '../archive/fixtures.js';

const contexts = new Map([
  ['work_mem', 'user'],
  ['search_path', 'user'],
  ['role', 'user'],
  ['local_preload_libraries', 'user'],
  ['log_min_messages', 'superuser'],
]);
const setting = (name: string, ...values: string[]): DatabaseSetting => ({ role: null, name, values });
const superuser = (one: DatabaseSetting) => objectionTo(one, { isSuperuser: true, contexts });
const plainRole = (one: DatabaseSetting) => objectionTo(one, { isSuperuser: false, contexts });

describe('settings that a restore applies', () => {
  test('settings that every role may set are applied', () => {
    expect(superuser(setting('work_mem', '64MB'))).toBeNull();
    expect(superuser(setting('Work_Mem', '64MB'))).toBeNull();
    expect(superuser(setting('search_path', 'pg_catalog', 'app'))).toBeNull();
    expect(superuser(setting('search_path', 'app', '$user'))).toBeNull();
  });

  test.each([
    ['session_preload_libraries', 'evil', /loads code/],
    ['LOCAL_preload_libraries', 'evil', /loads code/],
    ['role', 'admin', /another role/],
    ['session_authorization', 'admin', /another role/],
    ['work_mem', '\ufffd', /cannot be read/],
  ])('settings that reach further are left out for everybody: %s', (name, value, reason) => {
    expect(superuser(setting(name, value))).toMatch(reason);
    expect(plainRole(setting(name, value))).toMatch(reason);
  });

  test('a path that hides the catalog, and a setting of one role, are left out', () => {
    expect(plainRole(setting('Search_Path', 'evil', 'pg_catalog'))).toMatch(/before pg_catalog/);
    expect(plainRole({ ...setting('work_mem', '1GB'), role: 'postgres' })).toMatch(/for one role/);
  });

  test('a superuser applies nothing that an owner could not, a plain role lets the server say', () => {
    for (const [name, reason] of [
      ['log_min_messages', /only superusers/],
      ['plperl.on_plperl_init', /does not know it/],
    ] as const) {
      expect(superuser(setting(name, 'x'))).toMatch(reason);
      expect(plainRole(setting(name, 'x'))).toBeNull();
    }
  });
});

test('settings and GRANTs to paste are of the target, and tell no value that may be a secret', () => {
  const told = statementsToPaste(databaseProperties(parseHead(fixture('pg18-roles')).entries), 'new\n"db"');
  const name = 'U&"new\\000A""db"""';
  expect(told.map(({ sql, reason }) => (reason === null ? sql : `${sql} -- ${reason}`))).toEqual([
    `ALTER DATABASE ${name} SET "search_path" TO 'app', '$user', 'Odd, "path"';`,
    `ALTER DATABASE ${name} SET "app.tenant" TO '…'; -- the value is not shown, as it may be a secret: see it at the source`,
    `ALTER DATABASE ${name} SET "work_mem" TO '64MB';`,
    `ALTER DATABASE ${name} SET "DateStyle" TO 'ISO, DMY';`,
    `ALTER DATABASE ${name} SET "temp_tablespaces" TO '';`,
    `ALTER DATABASE ${name} SET "log_min_messages" TO 'error';`,
    `ALTER DATABASE ${name} SET "TimeZone" TO 'Europe/Berlin';`,
    `ALTER ROLE "reader" IN DATABASE ${name} SET "statement_timeout" TO '5s';`,
    `REVOKE CONNECT, TEMPORARY ON DATABASE ${name} FROM PUBLIC;`,
    `GRANT TEMPORARY ON DATABASE ${name} TO PUBLIC;`,
    `GRANT CREATE, CONNECT ON DATABASE ${name} TO "Odd ""owner"" 🚀";`,
    `GRANT CONNECT ON DATABASE ${name} TO "reader" WITH GRANT OPTION;`,
    `GRANT CONNECT ON DATABASE ${name} TO "grantee"; -- given by "reader", and not by the owner`,
    `ALTER DATABASE ${name} CONNECTION LIMIT = 77;`,
  ]);
});
