import { describe, expect, test } from '@jest/globals';
import { applicationName } from '../../src/postgres/application-name.js';

const name = (database: string): string => applicationName('phaselift restore', database);

describe('the application_name of a session', () => {
  test.each(['app', 'Odd "name"', "o'clock", '100 %', 'a'.repeat(45), 'back\\slash'])(
    'the application_name has the name of a database as it is, where that shows: %s',
    (database) => {
      expect(name(database)).toBe(`phaselift restore ${database}`);
    },
  );

  test.each(['база', '🚀', 'a'.repeat(46), 'я'.repeat(31), 'é'.repeat(200), 'a\tb', 'x\u007f', 'a\u2028b'])(
    'the application_name is printable ASCII of at most 63 bytes, and begins as documented: %j',
    (database) => {
      expect(name(database)).toMatch(/^phaselift restore [\x20-\x7e]+~[0-9a-f]{8}$/);
      expect(name(database).length).toBeLessThanOrEqual(63);
    },
  );

  test('the application_name tells databases apart whose names look alike once cut', () => {
    const alike = ['база', 'ваза', '____', 'a'.repeat(63), `${'a'.repeat(62)}b`];
    expect(new Set(alike.map(name)).size).toBe(alike.length);
  });
});
