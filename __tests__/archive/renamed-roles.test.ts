import { describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import { namedRoles } from '../../src/archive/named-roles.js';
import { renamedRoles } from '../../src/archive/renamed-roles.js';
import type { ArchiveHead, TocEntry } from '../../src/archive/types.js';
import { entryOf, failureOf, fixture } from './fixtures.js';

const ODD = 'Odd "owner" 🚀';
const RENAMES = [
  { from: ODD, to: 'owner' },
  { from: 'reader', to: 'Lëser "2" 🦉' },
  { from: 'to', to: 'maker' },
  { from: 'maker', to: 'to' },
];
const withoutPlaces = ({ start, end, offsetFlagAt, ...entry }: TocEntry) => ({
  ...entry,
  length: end - start,
  flag: offsetFlagAt - end,
});

describe.each(['pg15-roles', 'pg17-roles', 'pg18-roles', 'pg15-none-seekable'])('renamed roles of %s', (name) => {
  const head = parseHead(fixture(name));
  const renamed = renamedRoles(head, RENAMES);

  test('renamed heads read as they say', () => {
    const read = parseHead(renamed.bytes);
    expect(read.entries).toEqual(renamed.entries);
    expect(read.header).toEqual(head.header);
  });

  test('only owners and statements change', () => {
    const rest = (one: ArchiveHead) =>
      one.entries.map((entry) => ({ ...withoutPlaces(entry), owner: '', definition: '', length: 0 }));
    expect(rest(renamed)).toEqual(rest(head));
    const ids = new Set(head.entries.map(({ dumpId }) => dumpId));
    const mini = parseHead(miniArchiveHead(renamed, ids));
    expect(mini.entries.map(({ owner, definition }) => [owner, definition])).toEqual(
      renamed.entries.map(({ owner, definition }) => [owner, definition]),
    );
  });
});

describe.each(['pg15-roles', 'pg17-roles', 'pg18-roles'])('the statements of %s', (name) => {
  const head = parseHead(fixture(name));
  const renamed = renamedRoles(head, RENAMES);
  const sql = (desc: string, tag: string) =>
    entryOf(renamed, desc, tag).definition.replaceAll('TABLES  TO', 'TABLES TO');

  test('roles swap their names at once, and keep what is theirs', () => {
    const names = new Map(RENAMES.map(({ from, to }) => [from, to]));
    const before = namedRoles(head.entries).map((role) => ({ ...role, name: names.get(role.name) ?? role.name }));
    expect(namedRoles(renamed.entries)).toEqual(before.sort((a, b) => (a.name < b.name ? -1 : 1)));
  });

  test('statements of each form have the new names', () => {
    expect(entryOf(renamed, 'TABLE', 'a').owner).toBe('owner');
    expect(sql('ACL', 'COLUMN a.i')).toBe('GRANT SELECT(i) ON TABLE app.a TO "maker";\n');
    expect(sql('POLICY', 'b p to')).toContain(
      `FOR SELECT TO "owner", "Lëser ""2"" 🦉", "maker" USING ((CURRENT_USER = 'reader'::name));`,
    );
    expect(sql('USER MAPPING', `USER MAPPING ${ODD} SERVER far`)).toBe('CREATE USER MAPPING FOR "owner" SERVER far;\n');
    const prefix = 'ALTER DEFAULT PRIVILEGES FOR ROLE "to" IN SCHEMA app GRANT SELECT ON TABLES TO';
    const grantees = ['"Lëser ""2"" 🦉"', '"maker"'];
    expect(sql('DEFAULT ACL', 'DEFAULT PRIVILEGES FOR TABLES')).toBe(
      grantees.map((grantee) => `${prefix} ${grantee} WITH GRANT OPTION;\n`).join(''),
    );
    expect(sql('DATABASE PROPERTIES', 'Odd "db" 🚀')).toContain('ALTER ROLE "Lëser ""2"" 🦉" IN DATABASE');
  });
});

describe('renamed roles', () => {
  const head = parseHead(fixture('pg17-roles'));
  const acl = entryOf(head, 'ACL', 'TABLE b');
  const changed = (definition: string): ArchiveHead => ({
    ...head,
    entries: head.entries.map((entry) => (entry === acl ? { ...entry, definition } : entry)),
  });

  test('a statement of another form that may name one is refused, and one that does not is left alone', async () => {
    const odd = changed('GRANT ALL ON TABLE app.b TO plain GRANTED BY reader;\n');
    const failure = await failureOf(() => renamedRoles(odd, [{ from: 'reader', to: 'x' }]));
    expect(failure).toMatchObject({ code: 'CHECKS', object: 'ACL app.TABLE b' });
    expect(failure.message).toContain('role-map: ACL app.TABLE b may name a role');
    expect(() => renamedRoles(odd, [{ from: 'mapped', to: 'x' }])).not.toThrow();
  });

  test('a name that the encoding of the archive does not have is refused', async () => {
    const latin = {
      ...head,
      entries: head.entries.map((entry) =>
        entry.desc === 'ENCODING' ? { ...entry, definition: "SET client_encoding = 'LATIN2';\n" } : entry,
      ),
    };
    const failure = await failureOf(() => renamedRoles(latin, [{ from: 'reader', to: 'ř' }]));
    expect(failure.message).toContain('the archive is in LATIN2');
    expect(entryOf(renamedRoles(latin, [{ from: 'plain', to: 'ascii' }]), 'TABLE', 'b').owner).toBe('ascii');
  });

  test('a head without renames is the same one', () => {
    expect(renamedRoles(head, [])).toBe(head);
  });
});
