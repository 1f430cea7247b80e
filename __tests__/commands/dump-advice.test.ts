import { describe, expect, test } from '@jest/globals';
import { dumpError } from '../../src/commands/source-database.js';

/** What pg_dump 15 said on stderr. */
function hintFor(stderr: string): string | undefined {
  return dumpError({ code: 1, signal: null, stderr }).hint;
}

describe('what to do when pg_dump fails', () => {
  test.each([
    ['pg_dump: error: query failed: ERROR:  relation "s.t14" does not exist', /dropped or changed .* run it again/],
    ['pg_dump: error: query failed: ERROR:  cache lookup failed for index 16985', /dropped or changed .* run it again/],
    ['pg_dump: error: query failed: ERROR:  out of shared memory', /raise max_locks_per_transaction there/],
    ['pg_dump: error: no matching tables were found', /names and patterns in dump-options/],
    [
      'pg_dump: error: query failed: ERROR:  query would be affected by row-level security policy for table "t"',
      /FORCE ROW LEVEL SECURITY.*BYPASSRLS/,
    ],
  ])('the advice after a failure of pg_dump fits what it said: %s', (stderr, hint) => {
    expect(hintFor(stderr)).toMatch(hint);
  });

  test('the advice after a failure of pg_dump is left out where pg_dump says it all', () => {
    expect(hintFor('pg_dump: error: aborting because of something new')).toBeUndefined();
  });
});
