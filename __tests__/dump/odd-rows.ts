import { dirname, join } from 'node:path';
import { readFileSync } from 'node:fs';

/** A database with one of everything that a reader can get wrong. Run as a superuser. */
export const ODD_ROWS = readFileSync(join(import.meta.dirname, 'odd-rows.sql'), 'utf8');

/** What the phases find odd; as the tests of the engine have it. */
export const ODD_DATABASE = readFileSync(join(dirname(import.meta.dirname), 'engine', 'odd-database.sql'), 'utf8');
