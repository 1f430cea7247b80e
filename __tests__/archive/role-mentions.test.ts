import { describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { namedRoles } from '../../src/archive/named-roles.js';
import { roleMentions } from '../../src/archive/role-mentions.js';
import { fixture } from './fixtures.js';

const said = (desc: string, definition: string) => {
  const { mentions, isKnown } = roleMentions({ desc, definition });
  const uses = mentions.map(({ role, use }) => `${use} ${role}`);
  return isKnown ? uses : [...uses, 'unknown'];
};

describe.each(['pg15-roles', 'pg17-roles', 'pg18-roles'])('the roles that %s names', (name) => {
  const head = parseHead(fixture(name));

  test('roles are counted by what names them', () => {
    const counts = namedRoles(head.entries).map((role) => {
      const { owns, privileges, defaultPrivileges, policies, userMappings, settings } = role;
      return [role.name, owns, privileges, defaultPrivileges, policies, userMappings, settings];
    });
    // Large objects of one owner are one entry from 17 on.
    const [objects, granted] = name === 'pg15-roles' ? [2, 2] : [1, 1];
    expect(counts).toEqual([
      ['Odd "owner" 🚀', 1, 2, 1, 1, 1, 0],
      ['grantee', 0, 2, 0, 0, 0, 0],
      ['grantor', 0, 2, 0, 0, 0, 0],
      ['group', 0, 1, 0, 0, 0, 0],
      ['line\nend', 1, 1, 0, 0, 0, 0],
      ['maker', 0, 0, 2, 0, 0, 0],
      ['mapped', 0, 0, 0, 0, 1, 0],
      ['plain', 1 + objects, 1, 0, 0, 0, 0],
      ['postgres', 4, 0, 0, 1, 0, 0],
      ['reader', 0, 5 + granted, 0, 1, 0, 1],
      ['to', 0, 3, 0, 1, 0, 0],
    ]);
  });

  test('every statement that could name roles is of a known form', () => {
    const unknown = head.entries.filter((entry) => !roleMentions(entry).isKnown);
    expect(unknown.map(({ definition }) => definition)).toEqual([]);
    const places = head.entries.flatMap(({ desc, definition }) =>
      roleMentions({ desc, definition }).mentions.map(({ role, start, end }) => [role, definition.slice(start, end)]),
    );
    const quotes = (text: string): string => (text.startsWith('"') ? text.slice(1, -1).replaceAll('""', '"') : text);
    expect(places.map(([, text = '']) => quotes(text))).toEqual(places.map(([role]) => role));
  });
});

describe('the roles of a statement', () => {
  test.each([
    ['ACL', 'GRANT SELECT("TO",b) ON TABLE app."ON x TO y" TO "a ""b""" WITH GRANT OPTION;\n', ['grantee a "b"']],
    ['ACL', 'REVOKE GRANT OPTION FOR ALL ON TABLE app.t FROM "from";\n', ['grantee from']],
    ['ACL', 'GRANT ALL ON FUNCTION app.f("to" text, b text) TO "PUBLIC";\n', ['grantee PUBLIC']],
    ['ACL', 'GRANT ALL ON TYPE app.t TO PUBLIC;\n', []],
    [
      'ACL',
      'SET SESSION AUTHORIZATION "x;";\nGRANT ALL ON TABLE a.b TO y;\nRESET SESSION AUTHORIZATION;\n',
      ['grantor x;', 'grantee y'],
    ],
    ['ACL', 'GRANT ALL ON TABLE a.b TO x GRANTED BY y;\n', ['unknown']],
    ['ACL', 'GRANT ALL ON TABLE a.b TO x; DROP ROLE y;\n', ['grantee x', 'unknown']],
    ['ACL', 'GRANT ALL ON TABLE a.b TO "x;\n', ['unknown']],
    [
      'DEFAULT ACL',
      'ALTER DEFAULT PRIVILEGES FOR ROLE "M" IN SCHEMA "in schema" REVOKE ALL ON TABLES  FROM x;\n',
      ['maker M', 'grantee x'],
    ],
    ['POLICY', 'CREATE POLICY p ON app.t USING (true);\n', []],
    [
      'POLICY',
      'CREATE POLICY p ON app.t AS RESTRICTIVE FOR SELECT TO a, "B ""c""" WITH CHECK (x);\n',
      ['policy a', 'policy B "c"'],
    ],
    ['POLICY', 'CREATE POLICY "p TO x" ON app."t TO y" FOR ALL USING ((a = \' TO z\'::text));\n', []],
    ['POLICY', 'CREATE POLICY p ON app.t TO a EXCEPT b USING (true);\n', ['unknown']],
    ['USER MAPPING', 'CREATE USER MAPPING FOR "public" SERVER "far";\n', []],
    [
      'USER MAPPING',
      'CREATE USER MAPPING FOR "a SERVER b" SERVER c OPTIONS (\n    "user" \'x\'\n);\n',
      ['mapping a SERVER b'],
    ],
    ['USER MAPPING', 'CREATE USER MAPPING FOR public SERVER c;\n', []],
    [
      'DATABASE PROPERTIES',
      "ALTER DATABASE a SET b TO 'c';\nALTER ROLE d IN DATABASE a SET b TO 'c';\n",
      ['setting d'],
    ],
    ['RULE', 'CREATE POLICY p ON app.t TO x;\n', []],
  ])('the roles of a statement are read out of its SQL: %s %s', (desc, definition, expected) => {
    expect(said(desc, definition)).toEqual(expected);
  });
});
