import { describe, expect, test } from '@jest/globals';
import { dumpDefect } from '../../src/postgres/dump-defects.js';
import { parseVersion } from '../../src/postgres/version.js';

function defectOf(printed: string): string | null {
  const version = parseVersion(`pg_dump (PostgreSQL) ${printed}`);
  if (version === null) throw new Error('no version');
  return dumpDefect(version)?.toString() ?? null;
}

describe('releases of pg_dump that lose something', () => {
  test.each(['18.0', '18.1 (Debian 18.1-1.pgdg13+2)'])(
    'pg_dump %s is warned of, with the release to use',
    (printed) => {
      expect(defectOf(printed)).toMatch(
        /^pg_dump 18\.[01] leaves out the positions of sequences .*: use 18\.2 or newer/,
      );
    },
  );

  test.each(['18.2', '18.10', '18beta1', '17.0', '17.1', '19.0'])('pg_dump %s is not warned of', (printed) => {
    expect(defectOf(printed)).toBeNull();
  });
});
