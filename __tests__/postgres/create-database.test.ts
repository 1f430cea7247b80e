import { describe, expect, test } from '@jest/globals';
import { createDatabaseSql } from '../../src/postgres/create-database.js';
import { entry } from '../plan/toc-entries.js';

function sql(definition: string, serverMajor = 18, name = 'target'): string {
  const made = createDatabaseSql([entry(1, 'DATABASE', 'source', { definition })], name, serverMajor, 4711);
  expect(made).toMatch(/ CONNECTION LIMIT = 4711;$/);
  return made.replace(' CONNECTION LIMIT = 4711', '');
}

const FROM_15 =
  "CREATE DATABASE source WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'de_DE.utf8';\n";

describe('CREATE DATABASE for the target', () => {
  test('CREATE DATABASE takes encoding and locale over, and the name of the target', () => {
    expect(sql(FROM_15)).toBe(
      `CREATE DATABASE "target" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = libc LOCALE = 'de_DE.utf8';`,
    );
    expect(sql(FROM_15, 15, 'odd "name"; --')).toContain('CREATE DATABASE "odd ""name""; --" WITH');
  });

  test('CREATE DATABASE takes collation and character type over where they differ', () => {
    const definition = `CREATE DATABASE "So;urce" WITH TEMPLATE = template0 ENCODING = 'LATIN1' LC_COLLATE = 'C' LC_CTYPE = 'de_DE';\n`;
    expect(sql(definition)).toMatch(/ENCODING = 'LATIN1' LC_COLLATE = 'C' LC_CTYPE = 'de_DE';$/);
  });

  test('CREATE DATABASE leaves the tablespace behind', () => {
    const definition = `CREATE DATABASE source WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C' TABLESPACE = "fast disk";\n`;
    expect(sql(definition)).toBe(`CREATE DATABASE "target" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C';`);
  });

  test('CREATE DATABASE leaves out what the server does not know yet', () => {
    expect(sql(FROM_15, 14)).toMatch(/template0 ENCODING = 'UTF8' LOCALE = 'de_DE\.utf8';$/);
    const icu = `CREATE DATABASE s WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = icu LOCALE = 'C' ICU_LOCALE = 'de' ICU_RULES = '&a < b';\n`;
    expect(sql(icu, 16)).toContain(`ICU_RULES = '&a < b'`);
    expect(sql(icu, 15)).toMatch(/LOCALE_PROVIDER = icu LOCALE = 'C' ICU_LOCALE = 'de';$/);
    const builtin = `CREATE DATABASE s WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE_PROVIDER = builtin LOCALE = 'C' BUILTIN_LOCALE = 'C.UTF-8';\n`;
    expect(sql(builtin, 17)).toContain(`LOCALE_PROVIDER = builtin LOCALE = 'C' BUILTIN_LOCALE = 'C.UTF-8'`);
    expect(sql(builtin, 16)).toMatch(/template0 ENCODING = 'UTF8' LOCALE = 'C';$/);
  });

  test('CREATE DATABASE without a DATABASE entry has the defaults of the server', () => {
    expect(createDatabaseSql([], 't', 15, -1)).toBe(
      'CREATE DATABASE "t" WITH TEMPLATE = template0 CONNECTION LIMIT = -1;',
    );
  });

  test.each([
    `CREATE DATABASE s WITH TEMPLATE = template0 ENCODING = 'UTF8' \\! touch /tmp/x\n;`,
    `CREATE DATABASE s WITH TEMPLATE = template0 ENCODING = x\\!touch;`,
    `CREATE DATABASE s WITH TEMPLATE = template0 ENCODING = 'a\\'; DROP TABLE t;`,
    `CREATE DATABASE s; \\! touch /tmp/x\nCREATE DATABASE s WITH TEMPLATE = template0 ENCODING = 'UTF8';`,
  ])('CREATE DATABASE takes nothing out of a hostile archive: %s', (definition) => {
    expect(sql(definition)).not.toMatch(/\\|DROP|touch/);
  });
});
