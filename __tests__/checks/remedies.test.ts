import { expect, test } from '@jest/globals';
import { creationOf, grantOfUsage, wrapperOf } from '../../src/checks/remedies.js';
import { entry } from '../plan/toc-entries.js';

test.each([
  ['CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA public;\n', 'CREATE EXTENSION "hstore";'],
  ['CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA pg_catalog;\n', 'CREATE EXTENSION "hstore";'],
  [
    'CREATE EXTENSION IF NOT EXISTS hstore WITH SCHEMA "my ""ext""";\n',
    'CREATE SCHEMA IF NOT EXISTS "my ""ext"""; CREATE EXTENSION "hstore" SCHEMA "my ""ext""";',
  ],
])('an administrator is told to create an extension where the backup has it: %s', (definition, statement) => {
  expect(creationOf(entry(1, 'EXTENSION', 'hstore', { definition }))).toBe(statement);
});

test('the wrapper of a server is known from its definition, and that of nothing else', () => {
  const definition = 'CREATE SERVER far FOREIGN DATA WRAPPER "my wrapper" OPTIONS (\n    host \'x\'\n);\n';
  expect(wrapperOf(entry(1, 'SERVER', 'far', { definition }))).toBe('my wrapper');
  expect(wrapperOf(entry(1, 'FUNCTION', 'far', { definition }))).toBeNull();
});

test('names in grants are quoted', () => {
  expect(grantOfUsage('LANGUAGE', 'my "lang"', 'a b')).toBe('GRANT USAGE ON LANGUAGE "my ""lang""" TO "a b";');
});
