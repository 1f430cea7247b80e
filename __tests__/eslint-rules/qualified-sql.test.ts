import { describe, expect, test } from '@jest/globals';
import { Linter } from 'eslint';
import { qualifiedSql, unqualifiedNames } from '../../eslint-rules/qualified-sql.js';

describe('SQL that leaves it to the search_path what runs', () => {
  test.each([
    ["SELECT current_setting('server_version')", 'the function current_setting'],
    ['SELECT pg_catalog.coalesce_not(count(*))', 'the function count'],
    ['SELECT COUNT(*) FROM app.t', 'the function COUNT'],
    ['SELECT json_agg (q) FROM (SELECT 1) AS q', 'the function json_agg'],
    ["PERFORM set_config('a', 'b', false)", 'the function set_config'],
    ['EXISTS (SELECT FROM pg_catalog.pg_class c WHERE row_security_active(c.oid))', 'the function row_security_active'],
    ['SELECT oid::text FROM pg_catalog.pg_class', 'the type text'],
    ['SELECT (a)::int8', 'the type int8'],
    ['SELECT a :: numeric', 'the type numeric'],
    ["'pg_catalog.pg_class'::regclass", 'the type regclass'],
    ["d.classid = 'pg_class'::pg_catalog.regclass", 'the object pg_class'],
    ['SELECT CAST(a AS text)', 'the type text'],
    ['SELECT cast(pg_catalog.lower(a) AS text)', 'the type text'],
    ['CREATE FUNCTION app.f() RETURNS int LANGUAGE sql', 'the type int'],
    ['SELECT pid FROM pg_stat_activity', 'the catalog pg_stat_activity'],
    ['SELECT 1 FROM app.t t JOIN pg_class c ON true', 'the catalog pg_class'],
    ['SELECT 1 FROM ONLY app.t AS t TABLESAMPLE SYSTEM (1)', 'the sampling method SYSTEM'],
    ['SELECT n.nspname AS a,\n  lower(b) AS c', 'the function lower'],
  ])('SQL that leaves to the search_path what runs is found: %s', (sql, fault) => {
    expect(unqualifiedNames(sql)).toContain(fault);
  });
});

describe('what needs no schema', () => {
  test.each([
    "SELECT pg_catalog.count(pg_catalog.set_config(w.name, w.value, false)) FROM (VALUES ('a', 'b')) AS w (name, value)",
    'SELECT COALESCE(pg_catalog.sum(a), 0), NULLIF(b, 1), GREATEST(c, d), EXTRACT(epoch FROM e)::pg_catalog.float8',
    "SELECT 1 FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_catalog.pg_index)",
    'WITH RECURSIVE above (oid) AS (SELECT 1 UNION SELECT a.oid FROM above a) SELECT oid FROM above',
    'INSERT INTO phaselift_journal.plan (unit) VALUES (1) ON CONFLICT (unit) DO NOTHING',
    'SELECT current_user, session_user',
    'SELECT 1 FROM ONLY app.t AS t TABLESAMPLE pg_catalog.system (1.5)',
    'SELECT 1 WHERE a OPERATOR(pg_catalog.=) b',
    "SELECT 'x'::pg_catalog.text, 'pg_catalog.pg_class'::pg_catalog.regclass",
    'UPDATE app.t SET a = 1',
    'CREATE FUNCTION app.f() RETURNS pg_catalog.int4 LANGUAGE sql',
    'Grant SELECT (and USAGE on schemas) to source-user (the role pg_read_all_data has both).',
    'Connect from the runner (hosted runners have no IPv6)',
    '::rrrrr',
    'readJournal(session) and others',
  ])('SQL that needs no schema is left alone: %s', (text) => {
    expect(unqualifiedNames(text)).toEqual([]);
  });
});

describe('the rule', () => {
  const linter = new Linter();
  const config = [{ plugins: { own: { rules: { sql: qualifiedSql } } }, rules: { 'own/sql': 'error' as const } }];
  const faultsIn = (code: string): string[] => linter.verify(code, config).map(({ message }) => message);

  test.each([
    "query('SELECT now()')",
    'query(`SELECT ${column}::text`)',
    "query('SELECT a, ' +\n 'now() FROM app.t')",
    "const part = condition ? 'SELECT now()' : 'nothing';",
    "query('SELECT a FROM ' + name + ' WHERE now() > b')",
    'query(String.raw`SELECT now()`)',
  ])('the rule reads literals, templates and what is joined of them, once: %s', (code) => {
    expect(faultsIn(code)).toHaveLength(1);
  });

  test.each(['query(`SELECT a FROM ${table(name)}`)', 'query(`SELECT ${schema}.now()`)', "say('now()')", 'now()'])(
    'the rule skips code and what templates compute: %s',
    (code) => {
      expect(faultsIn(code)).toEqual([]);
    },
  );
});
