import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { UnitText, type TextRules } from '../../src/engine/unit-text.js';

const PREAMBLE = '--\n-- PostgreSQL database dump\n--\n\nSET statement_timeout = 0;\n';

/** What psql gets of `body`, which arrives whole and byte by byte. */
async function passed(body: string, rules: Partial<TextRules> = {}): Promise<string> {
  const through = async (pieces: Buffer[]): Promise<string> =>
    textOf(
      Readable.from(pieces).pipe(new UnitText({ kind: 'statements', stage: 'schema', serverMajor: 15, ...rules })),
    );
  const whole = Buffer.from(PREAMBLE + body);
  const result = await through([whole]);
  expect(await through(Array.from(whole, (_, i) => whole.subarray(i, i + 1)))).toBe(result);
  expect(result.slice(0, PREAMBLE.length)).toBe(PREAMBLE);
  return result.slice(PREAMBLE.length);
}

function object(type: string, statements: string): string {
  return `\n--\n-- Name: t; Type: ${type}; Schema: app; Owner: -\n--\n\n${statements}\n`;
}

describe('the column option pg_attver of patched servers', () => {
  test.each([
    [
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET (pg_attver=1);',
      'ALTER TABLE ONLY app.t ALTER COLUMN a RESET (n_distinct);',
    ],
    [
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET (n_distinct=5, pg_attver=12, n_distinct_inherited=7);',
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET (n_distinct=5, n_distinct_inherited=7);',
    ],
    // A name that ends in a line end.
    [
      'ALTER TABLE ONLY app."t\n" ALTER COLUMN a SET (pg_attver=1);',
      'ALTER TABLE ONLY app."t\n" ALTER COLUMN a RESET (n_distinct);',
    ],
    [
      'ALTER TABLE ONLY app.t ALTER COLUMN "a\n" SET (pg_attver=1);',
      'ALTER TABLE ONLY app.t ALTER COLUMN "a\n" RESET (n_distinct);',
    ],
    [
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET (n_distinct=5);',
      'ALTER TABLE ONLY app.t ALTER COLUMN a SET (n_distinct=5);',
    ],
  ])('the option pg_attver of patched servers does not reach the target: %s', async (dumped, sent) => {
    for (const type of ['TABLE', 'FOREIGN TABLE', 'MATERIALIZED VIEW']) {
      expect(await passed(object(type, dumped))).toBe(object(type, sent));
    }
  });

  test('the option pg_attver is left alone where it is no option of a column', async () => {
    const line = 'ALTER TABLE ONLY app.t ALTER COLUMN a SET (pg_attver=1);';
    const body = object('FUNCTION', `CREATE FUNCTION app.f() RETURNS void LANGUAGE sql AS $$\n${line}\n$$;`);
    expect(await passed(body)).toBe(body);
    const rows = `\n--\n-- Data for Name: t; Type: TABLE DATA; Schema: app; Owner: -\n--\n\nCOPY app.t FROM stdin;\n${line}\n\\.\n`;
    expect(await passed(rows, { kind: 'table-data', stage: 'data' })).toBe(rows);
  });
});
