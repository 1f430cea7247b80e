import { describe, expect, test } from '@jest/globals';
import { exitError, exitMessage, type ExitFacts } from '../../src/postgres/exit-message.js';

function facts(stderr: string, more: Partial<ExitFacts> = {}): ExitFacts {
  return { tool: 'pg_dump', code: 1, signal: null, stderr, side: 'source', ...more };
}

describe('exitMessage of a connection that failed', () => {
  const at = 'pg_dump: error: connection to server at "db.example" (192.0.2.1), port 5432 failed: ';

  test.each([
    ['pg_dump: error: could not translate host name "nope" to address: Name or service not known', 'source-host'],
    [`${at}FATAL:  password authentication failed for user "x"`, 'source-password'],
    [`${at}fe_sendauth: no password supplied`, 'source-password'],
    [`${at}FATAL:  database "nix" does not exist`, 'Check database'],
    [`${at}FATAL:  role "x" does not exist`, 'source-user'],
    [`${at}Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?`, 'source-port'],
    [`${at}timeout expired`, 'firewall'],
    [`${at}Connection timed out\n\tIs the server running on that host?`, 'firewall'],
    [`${at}server does not support SSL, but SSL was required`, 'source-sslmode'],
    [`${at}SSL error: certificate verify failed`, 'ssl-root-cert'],
    [`${at}root certificate file "/root/.postgresql/root.crt" does not exist`, 'ssl-root-cert'],
    [
      `${at}FATAL:  no pg_hba.conf entry for host "192.0.2.9", user "x", database "y", SSL encryption`,
      'source-sslmode',
    ],
    [`${at}FATAL:  sorry, too many clients already`, 'free connection'],
    [`${at}FATAL:  the database system is starting up`, 'Wait'],
    [`${at}FATAL:  unsupported startup parameter: options`, 'pooler'],
    [`${at}FATAL:  unsupported startup parameter in options: search_path`, '`-pooler`'],
    [`${at}something new`, 'source-host'],
  ])('a failed connection has its code, and names what to look at: %s', (stderr, hint) => {
    const said = exitMessage(facts(stderr));
    expect(said.code).toBe('CONNECTION');
    expect(String(said.hint)).toContain(hint);
    expect(said.message).not.toContain('\n');
  });

  test.each([
    ['"db.example" (2a05:d014:1c06::1)', 'Network is unreachable'],
    ['"2001:db8::7"', 'Cannot assign requested address'],
    ['"db.example" (fe80::1%eth0)', 'No route to host'],
  ])('a connection to an address of IPv6 from where there is none says what to use: %s', (address, reason) => {
    const stderr = `pg_dump: error: connection to server at ${address}, port 5432 failed: ${reason}\n\tIs the server running on that host and accepting TCP/IP connections?`;
    expect(String(exitMessage(facts(stderr)).hint)).toMatch(
      /^The address of source-host is one of IPv6.*session pooler/,
    );
    const other = exitMessage(facts(stderr.replace(address, '"db.example" (192.0.2.1)')));
    expect(String(other.hint)).not.toContain('IPv6');
  });

  test('a failed connection is told of its IPv4 address where there is no IPv6', () => {
    const stderr = `pg_dump: error: connection to server at "db" (2001:db8::7), port 5432 failed: Network is unreachable\n${at.replace('pg_dump: error: ', '')}Connection refused`;
    const said = exitMessage(facts(stderr));
    expect(said.message).toContain('192.0.2.1');
    expect(String(said.hint)).toContain('nothing accepts connections');
  });

  test('a failed connection is told in one sentence', () => {
    const said = exitMessage(facts(`${at}FATAL:  password authentication failed for user "x"\n`));
    expect(said.message).toBe(
      'pg_dump failed (exit 1): connection to server at "db.example" (192.0.2.1), port 5432 failed: FATAL:  password authentication failed for user "x"',
    );
  });

  test('a failed connection tells a long reason once', () => {
    const said = exitMessage(facts(`${at}Connection refused\n\tIs the server running on that host?`));
    expect(said.message.match(/Connection refused/g)).toHaveLength(1);
  });

  test('a failed connection to the target names the inputs of the target', () => {
    const stderr = 'psql: error: connection to server at "t", port 1 failed: FATAL:  database "x" does not exist';
    expect(String(exitMessage(facts(stderr, { tool: 'psql', code: 2, side: 'target' })).hint)).toContain(
      'target-database',
    );
  });

  test('a failed connection is told with the address where a server answered', () => {
    const stderr =
      'psql: error: connection to server at "localhost" (::1), port 5432 failed: Connection refused\n' +
      '\tIs the server running on that host and accepting TCP/IP connections?\n' +
      'connection to server at "localhost" (127.0.0.1), port 5432 failed: FATAL:  role "x" does not exist\n';
    expect(exitMessage(facts(stderr, { tool: 'psql', code: 2 })).message).toContain('role "x" does not exist');
  });

  test.each([
    'server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally',
    'psql:<stdin>:12: server closed the connection unexpectedly\n\tThis probably means the server terminated abnormally\npsql:<stdin>:12: error: connection to server was lost',
    'FATAL:  57P01: terminating connection due to administrator command\nLOCATION:  ProcessInterrupts, postgres.c:3211\nserver closed the connection unexpectedly',
    'could not receive data from server: Connection reset by peer',
    'SSL SYSCALL error: EOF detected',
  ])('a session that broke off is told: %s', (stderr) => {
    const said = exitMessage(facts(stderr, { tool: 'psql', code: 2, side: 'target' }));
    expect(said.code).toBe('CONNECTION');
    expect(String(said.hint)).toContain('broke off');
  });

  test('a session that broke off is told with what pg_dump was at', () => {
    const stderr =
      'pg_dump: error: Dumping the contents of table "t" failed: PQgetCopyData() failed.\n' +
      'pg_dump: detail: Error message from server: server closed the connection unexpectedly\n' +
      '\tThis probably means the server terminated abnormally\n' +
      'pg_dump: detail: Command was: COPY public.t (a) TO stdout;\n';
    const said = exitMessage(facts(stderr));
    expect(said.code).toBe('CONNECTION');
    expect(said.message).toContain('contents of table "t" failed');
    expect(said.message).toContain('server closed the connection');
    expect(said.message).not.toContain('COPY public.t');
  });

  test('a refused login shows no words of the function that refuses it', () => {
    const stderr = `${at}FATAL:  secret\nCONTEXT:  PL/pgSQL function app.f() line 3 at RAISE\n`;
    const said = exitMessage(facts(stderr));
    expect(said.code).toBe('CONNECTION');
    expect(said.message).toMatch(/failed: FATAL: not shown, in PL\/pgSQL function app\.f\(\) line 3$/);
  });

  test('a RAISE with the code of a connection failure is none', () => {
    const stderr =
      'ERROR:  08006: x\nserver closed the connection unexpectedly secret\nCONTEXT:  PL/pgSQL function app.f() line 3 at RAISE\nLOCATION:  exec_stmt_raise, pl_exec.c:3913\n';
    const said = exitMessage(facts(stderr, { tool: 'psql', code: 3, side: 'target' }));
    expect(said).toMatchObject({ code: 'SQL', sqlState: '08006' });
    expect(said.message).not.toContain('secret');
  });

  test('an error of a statement whose text looks like a connection failure is none', () => {
    const stderr =
      'ERROR:  22P02: invalid input syntax for type integer: "\nserver closed the connection unexpectedly"\n';
    const said = exitMessage(facts(stderr, { tool: 'psql', code: 3, side: 'target' }));
    expect(said.code).toBe('SQL');
    expect(said.message).toBe('psql failed (exit 3): 22P02 invalid_text_representation');
  });
});

describe('exitMessage of other ends', () => {
  test('an SQL error is told with its code and object', () => {
    const stderr =
      'ERROR:  23505: duplicate key value violates unique constraint "t_pkey"\nDETAIL:  Key (id)=(secret) already exists.\n' +
      'SCHEMA NAME:  app\nTABLE NAME:  t\nCONSTRAINT NAME:  t_pkey\nLOCATION:  _bt_check_unique, nbtinsert.c:664\n';
    expect(exitMessage(facts(stderr, { tool: 'psql', code: 3, side: 'target' }))).toMatchObject({
      code: 'SQL',
      message: 'psql failed (exit 3): 23505 unique_violation: app.t, constraint t_pkey',
      sqlState: '23505',
      object: 'app.t',
    });
  });

  test('a name without its schema in a function is told with what to do', () => {
    const stderr =
      'ERROR:  42P01: relation "kinds" does not exist\nLINE 1: x\nQUERY:  x\nCONTEXT:  PL/pgSQL function app.f() line 3 at RETURN\nLOCATION:  parserOpenTable, parse_relation.c:1449\n';
    const said = exitMessage(facts(stderr, { tool: 'psql', code: 3, side: 'target' }));
    expect(said.message).toContain(
      'relation "kinds" does not exist (SQLSTATE 42P01), in PL/pgSQL function app.f() line 3',
    );
    expect(String(said.hint)).toMatch(/without its schema.*SET search_path.*new backup.*skip-entries/);
  });

  test('an error that code of the database raised is left to the log of the server', () => {
    const stderr =
      'ERROR:  53400: secret\nCONTEXT:  PL/pgSQL function app.f() line 3 at RAISE\nLOCATION:  exec_stmt_raise, pl_exec.c:3913\n';
    const said = exitMessage(facts(stderr, { tool: 'psql', code: 3, side: 'target' }));
    expect(said).toMatchObject({ sqlState: '53400', object: undefined });
    expect(said.message).not.toContain('secret');
    expect(String(said.hint)).toContain('log of the server');
  });

  test('an exit shows no end of a text whose beginning is lost', () => {
    const stderr =
      'secret\nCONTEXT:  PL/pgSQL function app.f() line 3 at RAISE\nLOCATION:  exec_stmt_raise, pl_exec.c:3913\nsecret\n';
    expect(exitMessage(facts(stderr, { tool: 'psql', code: 3 })).message).toBe(
      'psql failed (exit 3): the server ended it in words that are not shown, as they may quote rows',
    );
  });

  test('an exit of pg_dump tells what it was at before what the server said', () => {
    const stderr =
      'pg_dump: error: Dumping the contents of table "t" failed: PQgetResult() failed.\n' +
      'pg_dump: detail: Error message from server: ERROR:  permission denied for table t\n' +
      'pg_dump: detail: Command was: COPY public.t (a) TO stdout;\n';
    expect(exitMessage(facts(stderr)).message).toBe(
      'pg_dump failed (exit 1): Dumping the contents of table "t" failed: PQgetResult() failed: permission denied for table t',
    );
  });

  test('an exit of pg_dump tells a query of its own that failed', () => {
    const stderr =
      'pg_dump: error: query failed: ERROR:  permission denied for table t\npg_dump: detail: Query was: LOCK TABLE x';
    expect(exitMessage(facts(stderr)).message).toBe('pg_dump failed (exit 1): permission denied for table t');
  });

  test('an exit asks for newer tools when pg_dump refuses a newer server', () => {
    const stderr =
      'pg_dump: error: aborting because of server version mismatch\npg_dump: detail: server version: 17.2; pg_dump version: 15.18\n';
    const said = exitMessage(facts(stderr));
    expect(said.code).toBe('TOOLS');
    expect(said.message).toContain('server version: 17.2; pg_dump version: 15.18');
    expect(String(said.hint)).toContain('pg-image');
  });

  test('an exit says that a tool could not be started', () => {
    const said = exitMessage(facts('/x/pg_dump: not found', { code: 127 }));
    expect(said).toMatchObject({ code: 'TOOLS', message: 'pg_dump could not be started: /x/pg_dump: not found' });
  });

  test.each([
    [{ code: null, signal: 'SIGKILL' as const }, 'killed by SIGKILL', 'memory'],
    [{ code: 137, signal: null }, 'killed by SIGKILL', 'memory'],
    [{ code: 143, signal: null }, 'killed by SIGTERM', 'ended it'],
  ])('an exit names the signal of %j', (end, words, hint) => {
    const said = exitMessage(facts('', end));
    expect(said.message).toBe(`pg_dump failed (${words}): it gave no reason`);
    expect(String(said.hint)).toContain(hint);
  });

  test.each([
    "/usr/lib/postgresql/17/bin/pg_dump: unrecognized option '--no-policies'",
    "pg_dump: unrecognized option '--no-policies'",
  ])('an exit names the option that a tool does not know: %s', (line) => {
    const said = exitMessage(facts(`${line}\npg_dump: hint: Try "pg_dump --help" for more information.\n`));
    expect(said.message).toBe("pg_dump failed (exit 1): unrecognized option '--no-policies'");
  });

  test('an exit that says nothing known falls back to the last line', () => {
    const said = exitMessage(facts('something\nError response from daemon: No such container: x\n'));
    expect(said.message).toBe('pg_dump failed (exit 1): Error response from daemon: No such container: x');
  });

  test('an exit speaks of no connection for a tool that has none', () => {
    const stderr = 'pg_restore: error: could not read from input file: end of file\n';
    const said = exitMessage(facts(stderr, { tool: 'pg_restore', side: null }));
    expect(said).toMatchObject({
      code: 'TOOL_FAILED',
      message: 'pg_restore failed (exit 1): could not read from input file: end of file',
    });
  });

  test('an exit can be thrown', () => {
    const error = exitError(facts('FATAL:  password authentication failed', { code: 2 }));
    expect(error.message).toContain('pg_dump failed (exit 2)');
    expect(error.code).toBe('TOOL_FAILED');
  });
});

describe('what may pass', () => {
  const psql = { tool: 'psql', code: 3, signal: null, side: 'target' as const };
  const report = (state: string, location: string): string =>
    `psql:<stdin>:7: ERROR:  ${state}: could not serialize access\nLOCATION:  ${location}\n`;

  test.each([
    ['a serialization failure of the server', { ...psql, stderr: report('40001', 'heap_update, heapam.c:3510') }, true],
    ['a duplicate key', { ...psql, stderr: report('23505', '_bt_check_unique, nbtinsert.c:664') }, false],
    [
      'a statement that failed in words whose head is lost',
      { ...psql, stderr: 'many words\nCONTEXT:  COPY t\n' },
      false,
    ],
    ['a psql that was killed', { ...psql, code: null, signal: 'SIGKILL' as const, stderr: '' }, true],
    ['a pg_restore that was killed', { ...psql, tool: 'pg_restore', code: 137, side: null, stderr: '' }, false],
  ])('%s: whether the same is worth another attempt', (_, facts, passes) => {
    expect(exitMessage(facts).passes).toBe(passes);
  });
});

test('a tool whose container is gone is told by the container, and is not tried again in it', () => {
  const lost = exitMessage(facts('', { tool: 'psql', code: 137, lostContainer: 'container postgres-1' }));
  expect(lost).toMatchObject({
    code: 'TOOLS',
    message: 'psql failed (killed by SIGKILL): the container postgres-1 is not running any more',
    reason: 'the container postgres-1 is not running any more',
    passes: false,
  });
  expect(String(lost.hint)).toMatch(/pg-container/);
});
