import { describe, expect, test } from '@jest/globals';
import { readingFault, readingScope, readsAll } from '../../src/checks/source-checks.js';
import type { Unreadable, UnreadableRelation } from '../../src/postgres/unreadable.js';

const NONE = { count: 0, some: [] };

function relation(name: string, changes: Partial<UnreadableRelation> = {}): UnreadableRelation {
  return { kind: 'TABLE', schema: 'app', name, lacksUsage: false, lacksSelect: true, hidesRows: false, ...changes };
}

function hintOf(relations: readonly UnreadableRelation[], changes: Partial<Unreadable> = {}): string[] {
  const unreadable = { role: 'backup', major: 17, largeObjects: NONE, ...changes, relations: [...relations] };
  return readingFault(unreadable, 'shop')?.hint?.split('\n') ?? [];
}

const MANY = [
  relation('a', { lacksUsage: true }),
  relation('b', { lacksUsage: true }),
  relation('s', { kind: 'SEQUENCE', lacksUsage: true }),
  relation('c', { schema: 'more "x"' }),
];

describe('what the role of a backup may not read', () => {
  test('a role that may read everything is no fault', () => {
    expect(readingFault({ role: 'backup', major: 17, relations: [], largeObjects: NONE }, 'shop')).toBeNull();
  });

  test('one grant covers many objects from PostgreSQL 14 on', () => {
    expect(hintOf(MANY, { major: 14 }).slice(1)).toEqual(['GRANT pg_read_all_data TO "backup";']);
  });

  test('PostgreSQL 13 has no role for all data: each schema has its grants', () => {
    expect(hintOf(MANY, { major: 13 }).slice(1)).toEqual([
      'GRANT USAGE ON SCHEMA "app" TO "backup";',
      'GRANT SELECT ON ALL TABLES IN SCHEMA "app" TO "backup";',
      'GRANT SELECT ON ALL TABLES IN SCHEMA "more ""x""" TO "backup";',
      'GRANT SELECT ON ALL SEQUENCES IN SCHEMA "app" TO "backup";',
    ]);
  });

  test('names are quoted in statements, and no line of a message is of their making', () => {
    const fault = readingFault(
      { role: 'a"b', major: 17, relations: [relation('x\n::error::y')], largeObjects: NONE },
      'shop\nfloor',
    );
    expect(fault?.message.split('\n')).toHaveLength(2);
    expect(fault?.hint).toContain('GRANT SELECT ON TABLE "app".U&"x\\000A::error::y" TO "a""b";');
  });

  test('very many objects are counted, and not all listed', () => {
    const relations = Array.from({ length: 1234 }, (_, index) => relation(`t${index}`));
    const lines = readingFault({ role: 'backup', major: 17, relations, largeObjects: NONE }, 'shop')?.message.split(
      '\n',
    );
    expect(lines?.[0]).toMatch(/may not read 1,234 objects of shop: TABLE app\.t0, .* …$/);
    expect(lines?.at(-1)).toBe('  and 1,184 more');
  });
});

describe('what options of pg_dump change', () => {
  test.each([
    ['--table=a', false],
    ['--exclude-schema=a', false],
    ['--exclude-table-data=a', false],
    ['--extension=a', false],
    ['--no-comments', true],
    ['--role=a', true],
  ])('with %s pg_dump reads all that there is: %s', (option, all) => {
    expect(readsAll([option])).toBe(all);
  });

  test.each<[string[], Partial<ReturnType<typeof readingScope>>]>([
    [[], { role: null, onlyVisibleRows: false, largeObjects: true }],
    [['--role=reader', '--enable-row-security'], { role: 'reader', onlyVisibleRows: true }],
    [['--no-blobs'], { largeObjects: false }],
    [['--schema=a'], { largeObjects: false }],
    [['--schema=a', '--large-objects'], { largeObjects: true }],
    [['--exclude-schema=a'], { largeObjects: true }],
  ])('the scope of a backup with %j', (options, scope) => {
    expect(readingScope(options)).toMatchObject(scope);
  });
});
