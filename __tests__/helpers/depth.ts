/**
 * How far a run of the tests goes. The gate tries every behaviour, and of long tables of variants a few; `npm run test:deep`
 * (each night, and before a release) tries them all.
 */
import { test } from '@jest/globals';

/** True in `npm run test:deep`. */
export const IS_DEEP = process.env['PHASELIFT_TEST_DEPTH'] === 'deep';

/** A table for `test.each`: the rows at these places (from 0 on), and in deep runs all of it. */
export function few<Row extends readonly [unknown, ...unknown[]]>(at: readonly number[], table: readonly Row[]): Row[];
export function few<Row>(at: readonly number[], table: readonly Row[]): Row[];
export function few<Row>(at: readonly number[], table: readonly Row[]): Row[] {
  const strange = at.filter((place) => table[place] === undefined);
  if (strange.length > 0) throw new Error(`the table has no row at ${strange.join(', ')}`);
  return table.filter((_, place) => IS_DEEP || at.includes(place));
}

/** `test` in deep runs; elsewhere the test is counted as skipped. */
export const deepTest = IS_DEEP ? test : test.skip;
