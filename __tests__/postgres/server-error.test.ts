import { describe, expect, test } from '@jest/globals';
import { parseServerError, safeServerMessage } from '../../src/postgres/server-error.js';

function safe(stderr: string): string | null {
  const error = parseServerError(stderr);
  return error === null ? null : safeServerMessage(error);
}

describe('parseServerError', () => {
  test('reads every field that a server named', () => {
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
      constraint: 't_pkey',
      detail: 'Key (id)=(1) already exists.',
      hint: 'Try another\none.',
      context: 'COPY t, line 3',
    });
  });

  test('reads a message of several lines up to the next field', () => {
    const error = parseServerError('ERROR:  P0001: one\ntwo\nCONTEXT:  PL/pgSQL function f() line 1\n');
    expect(error?.message).toBe('one\ntwo');
    expect(error?.context).toBe('PL/pgSQL function f() line 1');
  });

  test('reads a server that speaks another language, by its code', () => {
    expect(parseServerError('FEHLER:  42P01: Relation »nix« existiert nicht\n')).toMatchObject({
      severity: 'FEHLER',
      sqlState: '42P01',
    });
  });

  test('reads the terse form, without a code', () => {
    expect(parseServerError('pg_dump: error: query failed: ERROR:  permission denied for table t')).toMatchObject({
      sqlState: null,
      message: 'permission denied for table t',
    });
  });

  test('finds the first error, not one that a value brought along', () => {
    const stderr = 'ERROR:  22P02: invalid input syntax for type integer: "a\nERROR:  42601: fake\nSCHEMA NAME:  x"\n';
    expect(parseServerError(stderr)).toMatchObject({ sqlState: '22P02', schema: null });
  });

  test.each(['', 'NOTICE:  00000: hello', 'WARNING:  01000: hm', 'NOTICE:  hello', 'pg_dump: error: no such file'])(
    'finds none in %j',
    (stderr) => {
      expect(parseServerError(stderr)).toBeNull();
    },
  );
});

describe('safeServerMessage', () => {
  test('shows of a violation the code, the object and the constraint, and no value', () => {
    const stderr =
      'ERROR:  23514: new row for relation "t" violates check constraint "c"\nDETAIL:  Failing row contains (1, secret).\n' +
      'SCHEMA NAME:  app\nTABLE NAME:  t\nCONSTRAINT NAME:  c\nLOCATION:  x, y.c:1\n';
    expect(safe(stderr)).toBe('23514 check_violation: app.t, constraint c');
  });

  test('shows of a value that cannot be read where it stood, but not the value', () => {
    const stderr =
      'ERROR:  22P02: invalid input syntax for type integer: "secret"\nCONTEXT:  COPY t, line 2, column n: "secret, line 9"\nLOCATION:  f, n.c:1\n';
    expect(safe(stderr)).toBe('22P02 invalid_text_representation: COPY t, line 2, column n');
  });

  test('takes no name out of a value', () => {
    const stderr =
      'ERROR:  22P02: invalid input syntax for type integer: "a\nSCHEMA NAME:  secret\nTABLE NAME:  secret"\nCONTEXT:  JSON data, line 1\nLOCATION:  f, n.c:1\n';
    expect(safe(stderr)).toBe('22P02 invalid_text_representation');
  });

  test('names the class when the code is unknown', () => {
    expect(safe('ERROR:  23ZZZ: secret')).toBe('23ZZZ integrity_constraint_violation');
  });

  test('shows the message of other classes in one line, without detail and context', () => {
    const stderr = 'ERROR:  42501: permission denied\nfor x\nDETAIL:  secret\nCONTEXT:  secret\n';
    expect(safe(stderr)).toBe('permission denied for x (SQLSTATE 42501)');
  });

  test.each([
    ['invalid input syntax for type integer: "secret"', 'invalid input syntax for type integer'],
    ['invalid input value for enum mood: "secret"', 'invalid input value for enum mood'],
    ['invalid byte sequence for encoding "UTF8": 0x73 0x65', 'invalid byte sequence for encoding "UTF8"'],
    ['value "secret" is out of range for type integer', 'value is out of range for type integer'],
    ['relation "x" does not exist', 'relation "x" does not exist'],
  ])('takes the values out of known wordings where there is no code: %s', (message, shown) => {
    expect(safe(`ERROR:  ${message}\nDETAIL:  secret`)).toBe(shown);
  });
});

describe('names and values with what others take for line ends', () => {
  const odd = 'a\u2028b\u2029c\rd\u0085';

  test('are read whole', () => {
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

  test('cannot pass for the position of a COPY', () => {
    const error = parseServerError(
      'ERROR:  22P02: invalid input syntax for type integer: "x"\n' +
        'CONTEXT:  SQL function "f", value \u2028COPY secret value, line 3, column a: "x"\n' +
        'LOCATION:  pg_strtoint32, numutils.c:320',
    );
    expect(error === null ? '' : safeServerMessage(error)).toBe('22P02 invalid_text_representation');
  });
});
