import { join } from 'node:path';
import { testbedDirectory, testbedScript } from './places.js';
import { runProgram } from './run-program.js';

/** What of PostgreSQL's source the tests use: the scripts and data of its regression tests, and pg_dump. */
const PATTERNS = [
  'src/test/regress/sql/*',
  'src/test/regress/data/*',
  'src/test/regress/parallel_schedule',
  'src/bin/pg_dump/pg_dump.c',
];

/** The folder with some of the source of PostgreSQL 15, from Debian's source package. Fetched the first time, which needs root and apt. */
export async function postgresSource(): Promise<string> {
  const source = join(testbedDirectory(), 'source-15');
  const patterns = PATTERNS.map((pattern) => `*/${pattern}`);
  await runProgram('bash', [testbedScript('debian-source.sh'), 'bookworm', 'postgresql-15', source, ...patterns], {
    env: { TESTBED_DIR: testbedDirectory() },
  });
  return source;
}
