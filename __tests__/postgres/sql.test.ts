import { describe, expect, test } from '@jest/globals';
import { identifierLine, literalLine } from '../../src/postgres/sql.js';

describe('SQL to copy out of a log', () => {
  test.each([
    ['plain', '"plain"'],
    ['Odd "name" \\ 👩‍🚀', '"Odd ""name"" \\ 👩‍🚀"'],
    ['line\nend \\ "x"', 'U&"line\\000Aend \\\\ ""x"""'],
    ['##[error]x', 'U&"\\0023\\0023[error]x"'],
    ['a\u{e0041}\u202eb', 'U&"a\\+0E0041\\202Eb"'],
  ])('a name stands in one line: %j', (name, sql) => {
    expect(identifierLine(name)).toBe(sql);
  });

  test.each([
    ["it's", "'it''s'"],
    ['a\\b', "E'a\\\\b'"],
    ["a\t'\\", "U&'a\\0009''\\\\'"],
  ])('a string stands in one line: %j', (value, sql) => {
    expect(literalLine(value)).toBe(sql);
  });
});
