import { phrase, plain, type Text } from '../foundation/text.js';
import { routineOf } from './error-context.js';
import { parseServerError } from './server-error.js';
import { identifierLine } from './sql.js';

/** Which of the two databases a tool was connected to; the inputs are named after it. */
export type Side = 'source' | 'target';

/** Why no session came about, or why it was lost. */
export interface ConnectionFailure {
  /** What libpq said, in one line. */
  message: string;
  /** Names the inputs to look at. */
  hint: Text;
  /** A later session may come about: this one was lost, or the server or the way to it was not ready. */
  passes: boolean;
}

type Advice = (side: Side, message: string) => Text;

const LOST: Advice = (side) =>
  `The session with the ${side} broke off: look at the server's log, and for load balancers or poolers that end long sessions.`;

const OLD_LIBPQ: Advice = (side) =>
  phrase`The client tools are too old for this parameter of ${plain(`${side}-url`)}: use newer ones (${plain('pg-image')}), or take it out.`;

/** As libpq says it of an address such as `(2a05:d014::1)`. */
const NO_IPV6 =
  /[("][0-9a-f.]*:[\da-f:.%\w]*[)"], port \d+ failed: .*(?:Network is unreachable|No route to host|Cannot assign requested address)/s;

const WITHOUT_IPV6: Advice = (side) =>
  phrase`The address of ${plain(`${side}-host`)} is one of IPv6, and this machine reaches none: GitHub's hosted runners have IPv4 only, and containers often do. Use a host that has an IPv4 address (Supabase: the session pooler on port 5432, or the IPv4 add-on), or a runner of your own whose network has IPv6.`;

/** Pooled and direct host, as the platforms name them. */
const DIRECT =
  'backups and restores need a direct connection, not a transaction pooler: use the host and port of the server itself (Neon: the host without `-pooler`; Supabase: the direct connection, or the session pooler, on port 5432; PgBouncer: the server behind it)';

/** The server names the database, and not the role. */
function grantConnect(side: Side, message: string): Text {
  const database = /permission denied for database "(.*)"/s.exec(message)?.[1];
  const name = database === undefined ? '…' : identifierLine(database);
  return phrase`As the owner of the database run, with the name of ${plain(`${side}-user`)} in the place of the dots: GRANT CONNECT ON DATABASE ${name} TO …;`;
}

/** libpq's and the server's wordings, the most telling first. The tools run with LC_ALL=C, so libpq's are English. */
const KNOWN: readonly (readonly [RegExp, Advice])[] = [
  [
    /unsupported startup parameter/,
    (side) =>
      phrase`A connection pooler answers at ${plain(`${side}-host`)} and ${plain(`${side}-port`)}, and ${DIRECT}.`,
  ],
  [
    /could not translate host name/,
    (side) => phrase`Check ${plain(`${side}-host`)}: the name does not resolve on this runner.`,
  ],
  [
    /password authentication failed/,
    (side) => phrase`Check ${plain(`${side}-user`)} and ${plain(`${side}-password`)}.`,
  ],
  [
    /no password supplied|fe_sendauth/,
    (side) => phrase`The server asks for a password: set ${plain(`${side}-password`)}.`,
  ],
  [/invalid connection option/, OLD_LIBPQ],
  [
    /database ".*" does not exist/s,
    (side) => phrase`Check ${plain(side === 'source' ? 'database' : 'target-database')}.`,
  ],
  [/role ".*" does not exist/s, (side) => phrase`Check ${plain(`${side}-user`)}.`],
  [
    /no pg_hba\.conf entry/,
    (side) =>
      phrase`The server does not let this user, address or database in: allow the runner, or check ${plain(`${side}-sslmode`)} and ${plain(`${side}-user`)}.`,
  ],
  [
    /requires a valid client certificate/,
    (side) =>
      phrase`The server asks for a client certificate: name sslcert and sslkey in ${plain(`${side}-url`)}, files that are on this runner.`,
  ],
  [
    /\bSSL\b|certificate|root\.crt|sslrootcert/,
    (side) =>
      phrase`Check ${plain(`${side}-sslmode`)} and ${plain('ssl-root-cert')}: the server's and the client's idea of TLS do not match.`,
  ],
  [
    /invalid command-line argument|requires a value$|unrecognized configuration parameter|invalid value for parameter/,
    () => phrase`Check ${plain('pg-options')}: the server does not take them.`,
  ],
  [
    /Connection refused/,
    (side) => phrase`Check ${plain(`${side}-host`)} and ${plain(`${side}-port`)}: nothing accepts connections there.`,
  ],
  [
    /timeout expired|timed out/i,
    (side) =>
      phrase`Check ${plain(`${side}-host`)} and ${plain(`${side}-port`)}, and that a firewall lets this runner through.`,
  ],
  [NO_IPV6, WITHOUT_IPV6],
  [
    /Network is unreachable|No route to host/,
    (side) => phrase`Check ${plain(`${side}-host`)}: there is no route from here to it.`,
  ],
  [
    /too many clients|remaining connection slots|too many connections/,
    (side) =>
      phrase`The ${side} has no free connection: end other sessions, or lower ${plain(side === 'source' ? 'dump-jobs' : 'restore-jobs')}.`,
  ],
  [
    /the database system is (starting up|shutting down|in recovery)/,
    (side) => `Wait until the ${side} accepts connections.`,
  ],
  [/permission denied for database/, (side, message) => grantConnect(side, message)],
  [
    /connection to server .* failed/s,
    (side) => phrase`Check ${plain(`${side}-host`)}, ${plain(`${side}-port`)} and ${plain(`${side}-user`)}.`,
  ],
];

/** Codes of sessions that end or never began; with any other code a server answered, and its words are about something else. */
const CONNECTION_CODES = /^(?:08|57P0|53300)/;
/** How a client's line begins, before the words of libpq or the server. */
const CLIENT_PREFIX =
  /^(?:psql:.*?:\d+|psql|pg_dump|pg_restore): (?:(?:error|detail): )?(?:query failed: |Error message from server: )?/;
const LOST_LINE =
  /^(?:FATAL: +(?:57P0\d: )?terminating connection|server closed the connection unexpectedly|connection to server was lost|could not (?:receive data from|send data to) server|SSL SYSCALL error|no connection to the server)/;

/** What servers say that restart or are full, and what is said where none answers: a failover looks like that. */
const PASSING =
  /could not translate host name|Connection refused|timeout expired|timed out|Network is unreachable|Cannot assign requested address|No route to host|too many clients|remaining connection slots|too many connections|the database system is|server closed the connection unexpectedly/i;

/** Says so when stderr tells of a session that could not be made or was lost; null when it is about something else. */
export function connectionFailure(stderr: string, side: Side): ConnectionFailure | null {
  const server = parseServerError(stderr);
  // A session ends with FATAL; an ERROR with such a code is that of a statement, and anybody may RAISE one.
  const isOfStatement = server?.severity === 'ERROR' || !CONNECTION_CODES.test(server?.sqlState ?? '08');
  if (server !== null && server.sqlState !== null && isOfStatement) return null;
  const lines = stderr
    .replace(/\n\t+/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(CLIENT_PREFIX, ''));
  const tried = attempt(lines);
  const context = lines.findLastIndex((line) => line.startsWith('CONTEXT: '));
  if (tried !== undefined && context !== -1) return refusedByCode(tried, lines.slice(context));
  const message = tried ?? lines.find((line) => LOST_LINE.test(line))?.trim();
  if (message === undefined) return null;
  const hint = KNOWN.find(([pattern]) => pattern.test(message))?.[1] ?? LOST;
  const isLost = LOST_LINE.test(message);
  return { message, hint: (isLost ? LOST : hint)(side, message), passes: isLost || PASSING.test(message) };
}

const BY_CODE =
  'A function of the database (an event trigger ON login) ended the session in words of its own, which may quote rows and are not shown here: the log of the server has them.';

/** An event trigger may end a session before it has begun, and then the words are those of its function. */
function refusedByCode(tried: string, context: readonly string[]): ConnectionFailure {
  const routine = routineOf(context.join('\n').replace(/^CONTEXT: +/, ''));
  const message = tried.replace(/((?:FATAL|PANIC|ERROR):).*$/s, '$1 not shown');
  return { message: `${message}${routine === null ? '' : `, in ${routine.title}`}`, hint: BY_CODE, passes: false };
}

/** libpq reports each address it tried, one after the other; one where a server answered says more than one where none did. */
function attempt(lines: readonly string[]): string | undefined {
  const attempts = lines.filter((line) => /^connection to server .*failed:|^could not translate host name/.test(line));
  const answered = attempts.find((line) => line.includes('FATAL:'));
  // Where there is no IPv6, what became of the IPv4 address is the reason.
  return (answered ?? attempts.find((line) => !NO_IPV6.test(line)) ?? attempts[0])?.trim();
}
