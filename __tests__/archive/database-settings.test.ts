import { describe, expect, test } from '@jest/globals';
import { databaseProperties } from '../../src/archive/database-settings.js';
import { parseHead } from '../../src/archive/head.js';
import { entry } from '../plan/toc-entries.js';
import { fixture } from './fixtures.js';

const of = (desc: string, definition: string) =>
  databaseProperties([entry(1, desc, desc === 'ACL' ? 'DATABASE a' : 'a', { namespace: '', definition })]);

describe('what an archive has of its database', () => {
  test.each(['pg15-roles', 'pg17-roles', 'pg18-roles'])('settings and GRANTs are read out of %s', (name) => {
    expect(databaseProperties(parseHead(fixture(name)).entries)).toEqual({
      settings: [
        { role: null, name: 'search_path', values: ['app', '$user', 'Odd, "path"'] },
        { role: null, name: 'app.tenant', values: ["it's \\ me"] },
        { role: null, name: 'work_mem', values: ['64MB'] },
        { role: null, name: 'DateStyle', values: ['ISO, DMY'] },
        { role: null, name: 'temp_tablespaces', values: [''] },
        { role: null, name: 'log_min_messages', values: ['error'] },
        { role: null, name: 'TimeZone', values: ['Europe/Berlin'] },
        { role: 'reader', name: 'statement_timeout', values: ['5s'] },
      ],
      grants: [
        { verb: 'REVOKE', grantOption: false, privileges: ['CONNECT', 'TEMPORARY'], role: null, grantor: null },
        { verb: 'GRANT', grantOption: false, privileges: ['TEMPORARY'], role: null, grantor: null },
        { verb: 'GRANT', grantOption: false, privileges: ['CREATE', 'CONNECT'], role: 'Odd "owner" 🚀', grantor: null },
        { verb: 'GRANT', grantOption: true, privileges: ['CONNECT'], role: 'reader', grantor: null },
        { verb: 'GRANT', grantOption: false, privileges: ['CONNECT'], role: 'grantee', grantor: 'reader' },
      ],
      connectionLimit: 77,
      isTemplate: false,
      unknown: 0,
    });
  });

  test.each([
    ['DATABASE PROPERTIES', "ALTER DATABASE a SET b TO 'c', 'd' , e;\n"],
    ['DATABASE PROPERTIES', 'ALTER DATABASE a OWNER TO b;\n'],
    ['DATABASE PROPERTIES', "ALTER DATABASE a SET b = 'c';\n"],
    ['DATABASE PROPERTIES', "ALTER ROLE ALL SET b TO 'c';\n"],
    ['DATABASE PROPERTIES', 'DROP TABLE app.t;\n'],
    ['DATABASE PROPERTIES', "ALTER DATABASE a SET b TO 'c\n"],
    ['ACL', 'GRANT ALL ON TABLE a TO b;\n'],
    ['ACL', 'GRANT admin TO b;\n'],
    ['ACL', 'GRANT CONNECT ON DATABASE a TO b GRANTED BY c;\n'],
    ['ACL', 'REVOKE CONNECT ON DATABASE a FROM b CASCADE;\n'],
    ['ACL', "ALTER DATABASE a SET b TO 'c';\n"],
  ])('statements of other forms are counted and not taken: %s %s', (desc, definition) => {
    expect(of(desc, definition)).toEqual({
      settings: [],
      grants: [],
      connectionLimit: null,
      isTemplate: false,
      unknown: 1,
    });
  });

  test('a template, and privileges that are taken back, are read', () => {
    expect(of('DATABASE PROPERTIES', 'ALTER DATABASE a IS_TEMPLATE = true;\n')).toMatchObject({
      isTemplate: true,
      unknown: 0,
    });
    const sql =
      'REVOKE GRANT OPTION FOR CONNECT ON DATABASE a FROM "b ""c""";\nREVOKE ALL ON DATABASE a FROM PUBLIC;\n';
    expect(of('ACL', sql).grants).toEqual([
      { verb: 'REVOKE', grantOption: true, privileges: ['CONNECT'], role: 'b "c"', grantor: null },
      { verb: 'REVOKE', grantOption: false, privileges: ['ALL'], role: null, grantor: null },
    ]);
  });

  test('privileges of other objects are none of the database', () => {
    const acl = entry(1, 'ACL', 'TABLE a', { namespace: 'app', definition: 'GRANT ALL ON TABLE app.a TO b;\n' });
    expect(databaseProperties([acl])).toMatchObject({ grants: [], unknown: 0 });
  });
});
