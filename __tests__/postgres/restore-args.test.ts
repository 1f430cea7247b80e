import { describe, expect, test } from '@jest/globals';
import { pgRestoreMajorFor, restoreArgs, writesFence } from '../../src/postgres/restore-args.js';
import type { Version } from '../../src/postgres/version.js';

const version = (major: number, minor = 0): Version => ({ major, minor, text: `${major}.${minor}` });
const NOTHING = {
  keepOwner: false,
  keepPrivileges: false,
  keepTablespaces: false,
  keepAccessMethods: false,
  keepSubscriptions: false,
};

describe('arguments of pg_restore', () => {
  test('the arguments of pg_restore leave to the target what was not asked for', () => {
    expect(restoreArgs(NOTHING, version(15))).toEqual([
      '--no-owner',
      '--no-privileges',
      '--no-tablespaces',
      '--no-subscriptions',
      '--no-table-access-method',
    ]);
  });

  test.each([
    ['keepOwner', '--no-owner'],
    ['keepPrivileges', '--no-privileges'],
    ['keepTablespaces', '--no-tablespaces'],
    ['keepSubscriptions', '--no-subscriptions'],
    ['keepAccessMethods', '--no-table-access-method'],
  ])('the wish %s takes away %s and nothing else', (keep, arg) => {
    const all = restoreArgs(NOTHING, version(17));
    expect(restoreArgs({ ...NOTHING, [keep]: true }, version(17))).toEqual(all.filter((other) => other !== arg));
  });

  test('the arguments of pg_restore are those that the version knows', () => {
    expect(restoreArgs(NOTHING, version(14))).not.toContain('--no-table-access-method');
  });
});

test.each([
  [14, 18, false],
  [14, 19, true],
  [15, 13, false],
  [15, 14, true],
  [17, 5, false],
  [17, 6, true],
  [18, 0, true],
  [12, 22, false],
])('pg_restore %i.%i fences its text off: %s', (major, minor, expected) => {
  expect(writesFence(version(major, minor))).toBe(expected);
});

test.each([
  [14, 12],
  [15, 16],
  [16, 17],
])('an archive of version 1.%i needs pg_restore %i', (minor, major) => {
  expect(pgRestoreMajorFor({ major: 1, minor })).toBe(major);
});
