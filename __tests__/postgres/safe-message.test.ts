import { describe, expect, test } from '@jest/globals';
import { objectOf, safeServerMessage } from '../../src/postgres/safe-message.js';
import { parseServerError } from '../../src/postgres/server-error.js';

function safe(stderr: string): string | null {
  const error = parseServerError(stderr);
  return error === null ? null : safeServerMessage(error);
}

describe('safeServerMessage', () => {
  test('a violation shows its code, object and constraint, and no value', () => {
    const stderr =
      'ERROR:  23514: new row for relation "t" violates check constraint "c"\nDETAIL:  Failing row contains (1, secret).\n' +
      'SCHEMA NAME:  app\nTABLE NAME:  t\nCONSTRAINT NAME:  c\nLOCATION:  x, y.c:1\n';
    expect(safe(stderr)).toBe('23514 check_violation: app.t, constraint c');
  });

  test('a value that cannot be read shows where it stood, but not itself', () => {
    const stderr =
      'ERROR:  22P02: invalid input syntax for type integer: "secret"\nCONTEXT:  COPY t, line 2, column n: "secret, line 9"\nLOCATION:  f, n.c:1\n';
    expect(safe(stderr)).toBe('22P02 invalid_text_representation: COPY t, line 2, column n');
  });

  test('a safe message takes no name out of a value', () => {
    const stderr =
      'ERROR:  22P02: invalid input syntax for type integer: "a\nSCHEMA NAME:  secret\nTABLE NAME:  secret"\nCONTEXT:  JSON data, line 1\nLOCATION:  f, n.c:1\n';
    expect(safe(stderr)).toBe('22P02 invalid_text_representation');
  });

  test('a safe message names the class when the code is unknown', () => {
    expect(safe('ERROR:  23ZZZ: secret')).toBe('23ZZZ integrity_constraint_violation');
  });

  test('a message of other classes is shown in one line, without detail and context', () => {
    const stderr =
      'ERROR:  42501: permission denied\nfor x\nDETAIL:  secret\nCONTEXT:  secret\nLOCATION:  aclcheck_error, aclchk.c:1\n';
    expect(safe(stderr)).toBe('permission denied for x (SQLSTATE 42501)');
  });

  test.each([
    ['invalid input syntax for type integer: "secret"', 'invalid input syntax for type integer'],
    ['invalid input value for enum mood: "secret"', 'invalid input value for enum mood'],
    ['invalid byte sequence for encoding "UTF8": 0x73 0x65', 'invalid byte sequence for encoding "UTF8"'],
    ['value "secret" is out of range for type integer', 'value is out of range for type integer'],
    ['relation "x" does not exist', 'relation "x" does not exist'],
  ])('a safe message takes the values out of known wordings without a code: %s', (message, shown) => {
    expect(safe(`ERROR:  ${message}\nDETAIL:  secret`)).toBe(shown);
  });

  test.each([
    ['its function, by its signature and line', 'PL/pgSQL function app.st(text) line 1 at RETURN'],
    [
      'the innermost one',
      'PL/pgSQL function app.st(text) line 1 at RETURN\nSQL statement "select \'secret\'"\nPL/pgSQL function app.o() line 9 at EXECUTE',
    ],
  ])('a safe message names %s, where an unqualified name is not found', (_what, context) => {
    expect(safe(missing('42P01: relation "kinds" does not exist', context))).toBe(
      'relation "kinds" does not exist (SQLSTATE 42P01), in PL/pgSQL function app.st(text) line 1',
    );
  });

  test.each([
    ['SQL function "sq" during inlining', 'SQL function "sq"'],
    ['SQL function "sq" during startup', 'SQL function "sq"'],
    ['SQL function "sq" statement 2', 'SQL function "sq" statement 2'],
    ['PL/pgSQL function inline_code_block line 3 at PERFORM', 'PL/pgSQL function inline_code_block line 3'],
    [
      'PL/pgSQL function app."F x"(character varying,app.t) line 3 during statement block local variable initialization',
      'PL/pgSQL function app."F x"(character varying,app.t) line 3',
    ],
    ['compilation of PL/pgSQL function "badtype" near line 1', 'PL/pgSQL function "badtype" near line 1'],
  ])('a safe message names code: %s', (context, title) => {
    expect(safe(missing('42704: type "kinds" does not exist', context))).toBe(
      `type "kinds" does not exist (SQLSTATE 42704), in ${title}`,
    );
  });

  test.each([
    'PL/pgSQL function app.f(text) line 1 at EXECUTE',
    'PL/pgSQL function app.f(text) line 1 at RETURN QUERY',
    'PL/pgSQL function app.f(text) line 1 at FOR over EXECUTE statement',
    'PL/pgSQL function app.f(text) line 1 at OPEN',
    'PL/Python function "f"',
    'PL/Perl function "f"',
    'in PL/Tcl function "f"',
  ])('a safe message shows no name out of text that code puts together: %s', (context) => {
    for (const message of [
      '42P01: relation "secret" does not exist',
      '42883: function secret() does not exist',
      '42703: column "secret" does not exist',
      '42601: syntax error at or near "secret"',
    ]) {
      const shown = safe(missing(message, context));
      expect(shown).toMatch(/^42\w{3} (?:undefined_\w+|syntax_error), in PL\/\w+ function \S/);
      expect(shown).not.toContain('secret');
    }
  });

  test.each([
    ['a cast to regclass', '42P01: relation "secret" does not exist', 'RangeVarGetRelidExtended, namespace.c:636'],
    ['a cast to regtype', '42704: type "secret" does not exist', 'parseTypeString, parse_type.c:799'],
    ['a cast', '22P02: invalid input syntax for type integer: "secret"', 'pg_strtoint32_safe, numutils.c:616'],
    ['the name of a file', '58P01: could not open file "secret" for reading', 'read_binary_file, genfile.c:1'],
    ['an extension', 'XX000: no good: "secret"', 'lwerror, lwgeom_pg.c:1'],
  ])('a safe message shows no value that code works with: %s', (_what, message, location) => {
    const stderr = `ERROR:  ${message}\nCONTEXT:  PL/pgSQL function app.rc(text) line 1 at RETURN\nLOCATION:  ${location}\n`;
    expect(safe(stderr)).not.toContain('secret');
    expect(safe(stderr)).toContain('in PL/pgSQL function app.rc(text) line 1');
  });

  test.each([
    ['42P01: relation "secret" does not exist', 'x, regproc.c:1'],
    ['XX000: secret is no geometry', 'lwerror, lwgeom_pg.c:1'],
  ])('a safe message shows no value that is read by COPY: %s', (message, location) => {
    const stderr = `ERROR:  ${message}\nCONTEXT:  COPY t, line 2, column r: "secret"\nLOCATION:  ${location}\n`;
    expect(safe(stderr)).toMatch(/^\w{5} \w+: COPY t, line 2, column r$/);
  });

  test.each([
    ['54000: index row size 2816 exceeds btree version 4 maximum 2704 for index "t_v_idx"', 'COPY t, line 1'],
    ['53400: temporary file size exceeds temp_file_limit (2048kB)', 'SQL statement "SELECT secret"'],
    ['57014: canceling statement due to statement timeout', 'PL/pgSQL function app.f() line 3 at PERFORM'],
    ['42501: permission denied for table kinds', 'PL/pgSQL function app.f() line 3 at PERFORM'],
  ])('a safe message shows what is about resources and rights: %s', (message, context) => {
    const [code, text] = [message.slice(0, 5), message.slice(7)];
    const stderr = `ERROR:  ${message}\nCONTEXT:  ${context}\nLOCATION:  x, y.c:1\n`;
    expect(safe(stderr)?.startsWith(`${text} (SQLSTATE ${code})`)).toBe(true);
  });

  test.each([
    ['P0001', 'exec_stmt_raise, pl_exec.c:3913'],
    ['P0004', 'exec_stmt_assert, pl_exec.c:3969'],
    ['42501', 'exec_stmt_raise, pl_exec.c:3913'],
    ['53400', 'exec_stmt_raise, pl_exec.c:3913'],
    ['40001', 'exec_stmt_raise, pl_exec.c:3913'],
    ['01000', 'exec_stmt_raise, pl_exec.c:3913'],
    ['MY001', 'x, y.c:1'],
    ['XX000', 'PLy_output, plpy_plpymodule.c:1'],
    ['42601', 'plperl_call_perl_func, plperl.c:1'],
    ['42601', 'croak_cstr, Util.c:1'],
    ['XX000', 'throw_tcl_error, pltcl.c:1'],
    ['XX000', 'DoCall, plv8.cc:1'],
    ['42P01', 'pgfdw_report_error, connection.c:1'],
    ['38000', 'x, y.c:1'],
    ['42501', ''],
  ])('a safe message hides what code of users said, with the code %s at %s', (code, location) => {
    const stderr =
      `ERROR:  ${code}: secret\nCONTEXT:  PL/pgSQL function app.ra(text) line 1 at RAISE\n` +
      `SCHEMA NAME:  secret\nTABLE NAME:  secret\nCOLUMN NAME:  secret\nCONSTRAINT NAME:  secret\n${location === '' ? '' : `LOCATION:  ${location}\n`}`;
    const error = parseServerError(stderr);
    expect(safe(stderr)).toMatch(new RegExp(`^${code} [a-z_]+, in PL/pgSQL function app\\.ra\\(text\\) line 1$`));
    expect(error === null ? '' : objectOf(error)).toBeNull();
  });

  test('a safe message names the type whose constraint is broken', () => {
    const stderr =
      'ERROR:  23514: value for domain app.mark violates check constraint "c"\nSCHEMA NAME:  app\nDATATYPE NAME:  mark\nCONSTRAINT NAME:  c\nLOCATION:  ExecEvalConstraintCheck, e.c:1\n';
    expect(safe(stderr)).toBe('23514 check_violation: app.mark, constraint c');
  });

  test('a safe message shows no words of code where the client says no code', () => {
    const stderr =
      'pg_dump: detail: Error message from server: ERROR:  secret\npg_dump: error: more\nCONTEXT:  PL/pgSQL function app.f() line 3 at RAISE\n';
    expect(safe(stderr)).toBe('in words that may quote rows and are not shown, in PL/pgSQL function app.f() line 3');
  });
});

/** A name that is not found in the text of a function, as psql prints it. */
function missing(message: string, context: string): string {
  return `ERROR:  ${message}\nLINE 1: select secret\n        ^\nHINT:  secret\nQUERY:  select secret\nCONTEXT:  ${context}\nLOCATION:  parserOpenTable, parse_relation.c:1449\n`;
}
