import { describe, expect, test } from '@jest/globals';
import { dumpOptions, SAFE_DUMP_OPTIONS } from '../../src/inputs/dump-options.js';
import { backup, faultOf } from './given.js';

const faults = (text: string) => {
  const parsed = dumpOptions(text);
  return 'faults' in parsed ? parsed.faults.map(String) : [];
};

describe('dump-options', () => {
  test('dump-options that are safe are handed on as they are, one a line', () => {
    const text = '\n  --exclude-table-data=app.log*\r\n--no-comments\n\n--table="Odd Name"\n';
    expect(backup({ 'dump-options': text }).dumpOptions).toEqual([
      '--exclude-table-data=app.log*',
      '--no-comments',
      '--table="Odd Name"',
    ]);
  });

  test.each([...SAFE_DUMP_OPTIONS])('the dump option %s is accepted in this form and not in the other', (option) => {
    const bare = option.replace('=…', '');
    const [right, wrong] = option === bare ? [bare, `${bare}=1`] : [`${bare}=1`, bare];
    expect(dumpOptions(right)).toEqual({ value: [right] });
    expect(faults(wrong)).toHaveLength(1);
  });

  test.each([
    ['app', 'is no option'],
    ['dbname=app host=evil', 'is no option'],
    ['--', 'not among'],
    ['-', 'short option'],
    ['-Fp', 'short option'],
    ['-t app.t', 'short option'],
    ['--form=p', 'short for `--format`, which is refused'],
    ['--fil=x', 'which is refused'],
    ['--exclude-table-dat=x', 'an abbreviation'],
    ['--no-comment', 'an abbreviation: write the full name, `--no-comments`'],
    ['--format=plain', 'is refused'],
    ['--file=x', 'is refused'],
    ['--file', 'is refused'],
    ['--jobs=4', 'is refused'],
    ['--compress=9', '`dump-compress`'],
    ['--host=evil', '`source-host`'],
    ['--dbname=evil', '`source-host`'],
    ['--section=data', 'all sections'],
    ['--schema-only', 'all sections'],
    ['--data-only', 'all sections'],
    ['--statistics-only', 'all sections'],
    ['--no-data', 'all sections'],
    ['--clean', 'no effect'],
    ['--create', 'no effect'],
    ['--if-exists', 'no effect'],
    ['--no-owner', '`keep-owner`'],
    ['--filter=list.txt', 'reads a file'],
    ['--include-foreign-data=*', 'foreign server'],
    ['--table app.t', 'write `--table=value`'],
    ['--no-comments --inserts', 'more than one option'],
    ['--table=', 'needs a value'],
    ['--TABLE=app.t', 'not among'],
    ['--format\u0000=p', 'not among'],
    ['--table=a\tb', 'control characters'],
  ])('the dump option %s is refused', (argument, expected) => {
    const found = faults(argument);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  test('a fault in dump-options names the input', () => {
    expect(faultOf(() => backup({ 'dump-options': '--form=p' }))).toMatch(
      /^input `dump-options`: `--form=…` is short for/,
    );
  });

  test('no safe dump option can be read by pg_dump as a short form of another', () => {
    // getopt takes an exact match first; what is left is that each of ours is a full name of some version.
    expect(new Set(SAFE_DUMP_OPTIONS).size).toBe(SAFE_DUMP_OPTIONS.length);
    for (const option of SAFE_DUMP_OPTIONS) expect(option).toMatch(/^--[a-z]+(?:-[a-z]+)*(?:=…)?$/);
  });
});
