import { describe, expect, test } from '@jest/globals';
import { all, backup, faultOf, faultsOf, restore } from './given.js';

/** 63 bytes, and 64. */
const FITS = 'n'.repeat(63);
const LONG = 'n'.repeat(64);
/** 32 characters, 64 bytes. */
const LONG_IN_BYTES = 'ö'.repeat(32);
const NO_SUCH = 'PostgreSQL has no names of more than 63 bytes';

describe('a name that the server would cut', () => {
  test.each([LONG, LONG_IN_BYTES])('a name that is too long is no target database: %s', (name) => {
    const fault = faultOf(() => restore({ 'target-database': name }));
    expect(fault).toContain('input `target-database`');
    expect(fault).toContain(`\`${name}\` is 64 bytes long, and ${NO_SUCH}`);
    expect(restore({ 'target-database': FITS }).target.database).toBe(FITS);
    expect(restore({}, { DST_DBNAME: 'ö'.repeat(31) }).target.database).toBe('ö'.repeat(31));
  });

  test('a name that is too long is no database to back up', () => {
    expect(faultOf(() => backup({ database: LONG }))).toMatch(/^input `database`.* is 64 bytes long/);
    expect(faultOf(() => backup({ database: '' }, { SRC_DBNAME: LONG }))).toContain('`SRC_DBNAME`');
    expect(backup({ database: FITS }).database).toBe(FITS);
  });

  test('a name that is too long is no database of a URL', () => {
    const source = { 'source-host': '', 'source-user': '', database: '' };
    const fault = faultOf(() => backup({ ...source, 'source-url': `postgres://u:hidden@h/${LONG}` }));
    expect(fault).toContain('`source-url`');
    expect(fault).toContain('64 bytes');
    expect(fault).not.toContain('hidden');
    const target = { 'target-host': '', 'target-user': '', 'target-url': `postgres://u@h/${LONG}` };
    expect(faultOf(() => restore(target))).toContain('`target-url`');
  });

  test('a name that is too long is told once, also when both sides have it', () => {
    expect(faultsOf(() => all({ database: LONG })).filter((line) => line.includes(NO_SUCH))).toHaveLength(1);
    expect(faultOf(() => restore({ database: LONG }))).toMatch(/^input `database`/);
    expect(faultOf(() => restore({ database: LONG }, { SRC_PGHOST: 'left-over' }))).toContain(NO_SUCH);
  });

  test('a name that is too long may be that of a backup, which was taken under all of it', () => {
    expect(restore({ database: LONG, 'target-database': 'short' }).database).toBe(LONG);
  });

  test('a name that is too long is no user', () => {
    expect(faultOf(() => backup({ 'source-user': LONG }))).toContain('input `source-user`');
    expect(faultOf(() => restore({ 'target-user': LONG }))).toContain('input `target-user`');
    const url = { 'target-host': '', 'target-user': '', 'target-url': `postgres://${LONG}@h/d` };
    expect(faultOf(() => restore(url))).toContain('its user');
  });

  test('a name that is too long is none of an entry to skip', () => {
    for (const entry of [`TABLE ${LONG}`, `INDEX app.${LONG}`, `SCHEMA ${LONG_IN_BYTES}`]) {
      expect(faultOf(() => restore({ 'skip-entries': entry }))).toContain('`skip-entries`');
    }
    for (const entry of [`TABLE ${FITS}.${FITS}`, `FUNCTION app.f(${LONG})`, `TRIGGER ${FITS} ${FITS}`]) {
      expect(restore({ 'skip-entries': entry }).skipEntries).toHaveLength(1);
    }
  });
});
