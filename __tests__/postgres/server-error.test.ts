import { describe, expect, test } from '@jest/globals';
import { safeServerMessage } from '../../src/postgres/safe-message.js';
import { parseServerError } from '../../src/postgres/server-error.js';

describe('parseServerError', () => {
  test('parseServerError reads every field that a server named', () => {
    const stderr = `NOTICE:  00000: something before
LOCATION:  elog.c:1
psql:<stdin>:3: ERROR:  23505: duplicate key value violates unique constraint "t_pkey"
DETAIL:  Key (id)=(1) already exists.
HINT:  Try another
one.
CONTEXT:  COPY t, line 3
SCHEMA NAME:  a b
TABLE NAME:  t
COLUMN NAME:  id
CONSTRAINT NAME:  t_pkey
LOCATION:  _bt_check_unique, nbtinsert.c:664
`;
    expect(parseServerError(stderr)).toEqual({
      severity: 'ERROR',
      sqlState: '23505',
      message: 'duplicate key value violates unique constraint "t_pkey"',
      schema: 'a b',
      table: 't',
      column: 'id',
      dataType: null,
      constraint: 't_pkey',
      detail: 'Key (id)=(1) already exists.',
      hint: 'Try another\none.',
      context: 'COPY t, line 3',
      hasQuery: false,
      location: '_bt_check_unique, nbtinsert.c:664',
    });
  });

  test('parseServerError reads a message of several lines up to the next field', () => {
    const error = parseServerError('ERROR:  P0001: one\ntwo\nCONTEXT:  PL/pgSQL function f() line 1\n');
    expect(error?.message).toBe('one\ntwo');
    expect(error?.context).toBe('PL/pgSQL function f() line 1');
  });

  test('parseServerError reads a server that speaks another language, by its code', () => {
    expect(parseServerError('FEHLER:  42P01: Relation »nix« existiert nicht\n')).toMatchObject({
      severity: 'FEHLER',
      sqlState: '42P01',
    });
  });

  test('parseServerError reads the terse form, without a code', () => {
    expect(parseServerError('pg_dump: error: query failed: ERROR:  permission denied for table t')).toMatchObject({
      sqlState: null,
      message: 'permission denied for table t',
    });
  });

  test('parseServerError finds the first error, not one that a value brought along', () => {
    const stderr = 'ERROR:  22P02: invalid input syntax for type integer: "a\nERROR:  42601: fake\nSCHEMA NAME:  x"\n';
    expect(parseServerError(stderr)).toMatchObject({ sqlState: '22P02', schema: null });
  });

  test('parseServerError takes an error for one whatever its code', () => {
    expect(parseServerError('ERROR:  01000: secret\nLOCATION:  exec_stmt_raise, pl_exec.c:3913\n')).not.toBeNull();
  });

  test('parseServerError finds where an error was raised behind a text like its end', () => {
    const stderr =
      'ERROR:  42P01: secret\nLOCATION:  parserOpenTable, parse_relation.c:1\npsql:<stdin>:1: x\n' +
      'CONTEXT:  PL/pgSQL function app.f() line 1 at RAISE\nLOCATION:  exec_stmt_raise, pl_exec.c:3913\n';
    expect(parseServerError(stderr)?.location).toBe('exec_stmt_raise, pl_exec.c:3913');
  });

  test.each(['', 'NOTICE:  00000: hello', 'WARNING:  01000: hm', 'NOTICE:  hello', 'pg_dump: error: no such file'])(
    'parseServerError finds none in %j',
    (stderr) => {
      expect(parseServerError(stderr)).toBeNull();
    },
  );
});

describe('names and values with what others take for line ends', () => {
  const odd = 'a\u2028b\u2029c\rd\u0085';

  test('names and values with odd line ends are read whole', () => {
    const error = parseServerError(
      [
        `psql:<stdin>:7: ERROR:  23505: duplicate key value violates unique constraint "key ${odd}"`,
        `DETAIL:  Key (id)=(${odd}) already exists.`,
        `SCHEMA NAME:  schema ${odd}`,
        `TABLE NAME:  table ${odd}\r`,
        `CONSTRAINT NAME:  key ${odd}`,
        'LOCATION:  _bt_check_unique, nbtinsert.c:666',
      ].join('\n'),
    );
    expect(error).toMatchObject({
      sqlState: '23505',
      schema: `schema ${odd}`,
      table: `table ${odd}\r`,
      constraint: `key ${odd}`,
    });
    expect(error?.message).toContain(`constraint "key ${odd}"`);
  });

  test('values with odd line ends cannot pass for the position of a COPY', () => {
    const error = parseServerError(
      'ERROR:  22P02: invalid input syntax for type integer: "x"\n' +
        'CONTEXT:  JSON data, line 1: value \u2028COPY secret value, line 3, column a: "x"\n' +
        'LOCATION:  pg_strtoint32, numutils.c:320',
    );
    expect(error === null ? '' : safeServerMessage(error)).toBe('22P02 invalid_text_representation');
  });
});
