import { describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { mappedHead, roleMapNotes } from '../../src/commands/role-map.js';
import { failureOf, fixture } from '../archive/fixtures.js';

const head = parseHead(fixture('pg18-roles'));
const notesFor = (from: string, keeps: { keepOwner: boolean; keepPrivileges: boolean }): string[] =>
  roleMapNotes(head.entries, [{ from, to: 'x' }], { ...keeps, keepDatabaseSettings: false }).map(String);

describe('role-map and a backup', () => {
  test('roles that the backup does not name are named all at once, with near ones', async () => {
    const failure = await failureOf(() =>
      mappedHead(head, [
        { from: 'raeder', to: 'x' },
        { from: 'zzzzzzzz', to: 'x' },
        { from: 'plain', to: 'x' },
      ]),
    );
    expect(failure.message.split('\n')).toEqual([
      'role-map: the backup does not name a role `raeder`: did you mean `reader`?',
      'role-map: the backup does not name a role `zzzzzzzz`',
    ]);
    expect(failure).toMatchObject({ code: 'CHECKS', object: 'raeder' });
  });

  test('roles that only name what is not restored are told', () => {
    const nothing = { keepOwner: false, keepPrivileges: false };
    expect(notesFor('plain', nothing)).toEqual([
      'role-map has no effect on plain: what names it is restored only with `keep-owner: true` or `keep-privileges: true`',
    ]);
    expect(notesFor('group', { ...nothing, keepOwner: true })).toEqual([
      'role-map has no effect on group: what names it is restored only with `keep-privileges: true`',
    ]);
    expect(notesFor('plain', { ...nothing, keepOwner: true })).toEqual([]);
    expect(notesFor('mapped', nothing)).toEqual([]);
  });

  test('conditions of policies that name a role are told: they stay', () => {
    expect(notesFor('reader', { keepOwner: true, keepPrivileges: true })).toEqual([
      'role-map: the text of POLICY app.b p to names reader and stays as it is',
    ]);
  });
});
