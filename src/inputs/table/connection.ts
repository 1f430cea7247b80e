/** Where to back up from and where to restore to, and how these servers are reached. */
import { input, phrase } from '../../foundation/text.js';
import { connectionUrl, SSL_MODES } from '../connection-url.js';
import { inputsOf, none, preset } from '../input-definition.js';
import { rootCert } from '../root-cert.js';
import { choice, host, integer, line, name, secret } from '../scalars.js';
import { FROM_SOURCE, INTO_TARGET, MODES_OF_FLEETS } from '../settings.js';

const source = inputsOf('connection', { modes: [...FROM_SOURCE, ...MODES_OF_FLEETS] });
const target = inputsOf('connection', { modes: INTO_TARGET });
const port = integer('port', 1, 65_535);

/** The rows of this group, by the names that the code has for them. */
export const CONNECTION_INPUTS = {
  sourceHost: source<string | null>(
    'source-host',
    'Host of the server to back up from.',
    host,
    none(phrase`required unless ${input('source-url')}`),
    { env: ['SRC_PGHOST'] },
  ),
  sourcePort: source('source-port', 'Its port.', port, preset(5432), { env: ['SRC_PGPORT'] }),
  sourceUser: source<string | null>(
    'source-user',
    'User to log in as at the source; has to be able to read everything that is dumped.',
    line,
    none(phrase`required unless ${input('source-url')}`),
    { env: ['SRC_PGUSER'] },
  ),
  sourcePassword: source<string | null>(
    'source-password',
    phrase`Password of ${input('source-user')}.`,
    secret,
    none(),
    {
      env: ['SRC_PGPASSWORD'],
      secret: true,
    },
  ),
  sourceUrl: source(
    'source-url',
    'Connection URL, `postgres://user:password@host:port/database`, instead of host, port, user and password; parameters of libpq (`?sslmode=require&channel_binding=require`) are passed on.',
    connectionUrl,
    none(),
    { env: ['SRC_URL'], secret: true },
  ),
  sourceSslMode: source(
    'source-sslmode',
    'TLS to the source: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq.',
    choice(SSL_MODES),
    none("libpq's"),
    { env: ['PGSSLMODE'] },
  ),
  targetHost: target<string | null>(
    'target-host',
    'Host of the server to restore to.',
    host,
    none(phrase`required unless ${input('target-url')}`),
    { env: ['DST_PGHOST'] },
  ),
  targetPort: target('target-port', 'Its port.', port, preset(5432), { env: ['DST_PGPORT'] }),
  targetUser: target<string | null>(
    'target-user',
    'User to log in as at the target; owns what is restored.',
    line,
    none(phrase`required unless ${input('target-url')}`),
    { env: ['DST_PGUSER'] },
  ),
  targetPassword: target<string | null>(
    'target-password',
    phrase`Password of ${input('target-user')}.`,
    secret,
    none(),
    {
      env: ['DST_PGPASSWORD'],
      secret: true,
    },
  ),
  targetDatabase: target<string | null>(
    'target-database',
    'Database to restore into; created if it is missing and the user may.',
    name,
    none(input('database')),
    { env: ['DST_DBNAME'], group: 'load' },
  ),
  targetUrl: target(
    'target-url',
    'Connection URL, `postgres://user:password@host:port/database`, instead of host, port, user, password and database of the target; parameters of libpq are passed on.',
    connectionUrl,
    none(),
    { env: ['DST_URL'], secret: true },
  ),
  targetSslMode: target(
    'target-sslmode',
    'TLS to the target: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq.',
    choice(SSL_MODES),
    none("libpq's"),
    { env: ['PGSSLMODE'] },
  ),
  sslRootCert: inputsOf('connection')<string | null>(
    'ssl-root-cert',
    'Certificates of the authority that servers are checked against: a path, PEM text, or `system`.',
    rootCert,
    none(),
    { env: ['PGSSLROOTCERT'], modes: ['backup', 'restore', 'all', ...MODES_OF_FLEETS] },
  ),
};
