import { parse } from 'pg-connection-string';
import type { ConnectionParameters } from '../postgres/connection.js';
import type { Parsed } from './parser.js';
import { bad, good } from './parser.js';
import { integer } from './scalars.js';
import { urlParameters } from './url-parameters.js';

/** libpq's values of `sslmode`. */
export const SSL_MODES = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const;
/** One of libpq's values of `sslmode`. */
export type SslMode = (typeof SSL_MODES)[number];

/** What a connection URL says; null where it says nothing. */
export interface ConnectionUrl {
  host: string | null;
  port: number | null;
  user: string | null;
  password: string | null;
  database: string | null;
  sslMode: SslMode | null;
  sslRootCert: string | null;
  /** All else that it asks for. */
  parameters: ConnectionParameters;
}

/** Place and login, which the library reads. */
const FOR_LIBRARY = ['host', 'port', 'user', 'password', 'dbname'];
const TLS_PARAMETERS = ['ssl', 'sslmode', 'sslrootcert'];

const SHAPE = /^postgres(?:ql)?:\/\/([^/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/;
const ENCODE =
  'percent-encode special characters (`@` is `%40`, `/` is `%2F`, `#` is `%23`, `?` is `%3F`, `%` is `%25`, a space is `%20`)';

/**
 * Reads `postgres://user:password@host:port/database?sslmode=…`. No message holds any of its text but names of
 * parameters that libpq has: a password with an unencoded `/` or `?` ends up in any part of a URL.
 */
export function connectionUrl(given: string): Parsed<ConnectionUrl | null> {
  const text = given.trim();
  if (!/^postgres(?:ql)?:\/\//.test(text)) {
    return bad('this is not a connection URL: write it like `postgres://user:password@host:5432/database`');
  }
  const [shape, authority = '', path = '', query = ''] = SHAPE.exec(text) ?? [];
  if (shape === undefined || /\s|%(?![0-9a-f]{2})/i.test(text) || `${path}${query}`.includes('@')) {
    return bad(`this connection URL cannot be read without doubt: ${ENCODE}`);
  }
  // Neither libpq nor the environment of a tool takes it, and the complaint of the latter would quote the password.
  if (text.includes('%00')) return bad('this connection URL has a zero byte in it, `%00`: remove it');
  // In a form `+` is a space, for libpq it is a plus.
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'));
  // Given twice, the last counts, as for libpq.
  const said = (parameter: string): string | null => parameters.getAll(parameter).at(-1) ?? null;
  const more = new Map(
    [...parameters].filter(([name]) => !FOR_LIBRARY.includes(name) && !TLS_PARAMETERS.includes(name)),
  );
  const asked = urlParameters(more);
  if ('faults' in asked) return asked;
  const sslMode = askedSslMode(said('sslmode'), said('ssl'));
  const known = SSL_MODES.find((mode) => mode === sslMode);
  if (sslMode !== null && known === undefined) {
    return bad(`\`sslmode\` of this URL is not known: use one of ${SSL_MODES.map((mode) => `\`${mode}\``).join(', ')}`);
  }
  const sslRootCert = said('sslrootcert');
  // The library opens the files that it finds here, and warns on stderr about modes that we hand to libpq as they are.
  for (const name of [...parameters.keys()].filter((key) => !FOR_LIBRARY.includes(key))) parameters.delete(name);
  const rest = parameters.size > 0 ? `?${parameters.toString()}` : '';
  const config = parsed(`postgres://${authority}/${path}${rest}`);
  if (config === null) return bad(`this connection URL cannot be read: check its port, and ${ENCODE}`);
  const port = config.port === '' ? null : integer('port', 1, 65_535)(config.port);
  if (port !== null && 'faults' in port) return bad('the port of this connection URL is not a number from 1 to 65535');
  // libpq would try one after the other, and each of our sessions might be on another server.
  if (config.host.includes(',')) return bad('this connection URL names several hosts: name the one that is meant');
  return good({
    host: config.host || null,
    port: port === null ? null : port.value,
    user: config.user || null,
    password: config.password || null,
    // The library leaves some characters of the path encoded; libpq does not.
    database: said('dbname') ?? (decoded(path) || null),
    sslMode: known ?? null,
    sslRootCert: sslRootCert || null,
    parameters: asked.value,
  });
}

function parsed(url: string): { host: string; port: string; user: string; password: string } | null {
  try {
    const { host, port, user, password } = parse(url);
    return { host: host ?? '', port: port ?? '', user: user ?? '', password: password ?? '' };
  } catch {
    // What it throws may quote the URL.
    return null;
  }
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null; // Not UTF-8; the library refuses the URL as well.
  }
}

/** Of JDBC's `ssl=true` libpq makes `sslmode=require`; it has no other `ssl`. */
function askedSslMode(sslMode: string | null, ssl: string | null): string | null {
  if (ssl === null || sslMode !== null) return sslMode;
  return ssl === 'true' ? 'require' : ssl;
}
