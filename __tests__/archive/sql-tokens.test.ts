import { describe, expect, test } from '@jest/globals';
import { statementsOf, stringValue } from '../../src/archive/sql-tokens.js';

const texts = (sql: string) => statementsOf(sql)?.map((tokens) => tokens.map(({ text }) => text));

describe('the statements of a text', () => {
  test('statements are parted by semicolons outside of quotes', () => {
    const sql = `GRANT ALL ON TABLE app."a; b" TO "x\n;y";\n\nSET x TO 'a;', E'it''s \\\\';`;
    expect(texts(sql)).toEqual([
      ['GRANT', 'ALL', 'ON', 'TABLE', 'app', '.', '"a; b"', 'TO', '"x\n;y"'],
      ['SET', 'x', 'TO', "'a;'", ',', "E'it''s \\\\'"],
    ]);
  });

  test('statements say where their pieces stand', () => {
    const sql = ' a "b c"(1)';
    const [tokens = []] = statementsOf(sql) ?? [];
    expect(tokens.map(({ start, end }) => sql.slice(start, end))).toEqual(['a', '"b c"', '(', '1', ')']);
    expect(tokens.map(({ kind }) => kind)).toEqual(['word', 'name', 'sign', 'word', 'sign']);
  });

  test.each(['GRANT "a', "SET x TO 'a", `SET x TO E'a\\'`, '""'])(
    'a text that ends inside of quotes is none: %s',
    (sql) => {
      expect(statementsOf(sql)).toBeNull();
    },
  );

  test.each([
    [`'a''b'`, "a'b"],
    [`E'it''s \\\\ me'`, "it's \\ me"],
    [`''`, ''],
  ])('a string says what it says: %s', (sql, value) => {
    const token = statementsOf(sql)?.[0]?.[0];
    expect(token === undefined ? null : stringValue(token)).toBe(value);
  });
});
