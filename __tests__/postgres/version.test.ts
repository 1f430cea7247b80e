import { describe, expect, test } from '@jest/globals';
import { parseVersion } from '../../src/postgres/version.js';

describe('parseVersion', () => {
  test.each([
    ['pg_dump (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)', 15, 20, '15.20'],
    ['psql (PostgreSQL) 9.6.24', 9, 6, '9.6'],
    ['pg_restore (PostgreSQL) 19beta1', 19, 0, '19beta1'],
    ['pg_dump (PostgreSQL) 20devel', 20, 0, '20devel'],
    ['16.2', 16, 2, '16.2'],
    ['17.11 (Ubuntu 17.11-1.pgdg24.04+1)', 17, 11, '17.11'],
    ['  18rc1\n', 18, 0, '18rc1'],
  ])('parseVersion reads %j', (printed, major, minor, text) => {
    expect(parseVersion(printed)).toEqual({ major, minor, text });
  });

  test.each(['', 'pg_dump: command not found', 'docker version 28.2', 'Warning: No existing cluster'])(
    'parseVersion finds none in %j',
    (printed) => {
      expect(parseVersion(printed)).toBeNull();
    },
  );
});
