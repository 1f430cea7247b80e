/** What a connection URL may ask for beyond the place and the login, by libpq's key words (PostgreSQL 12 to 18). */
import { input, phrase, type Text } from '../foundation/text.js';
import type { ConnectionParameters } from '../postgres/connection.js';
import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';

const number = /^\d{1,9}$/;
const flag = /^[01]$/;
const oneOf = (...words: readonly string[]): RegExp => new RegExp(`^(?:${words.join('|')})$`);
const tlsVersion = oneOf('TLSv1', 'TLSv1\\.1', 'TLSv1\\.2', 'TLSv1\\.3');
const protocol = oneOf('3\\.0', '3\\.2', 'latest');
const word = /^[\w./@-]{1,200}$/;

/**
 * Handed to libpq as they are, in its connection string rather than by environment variables: an older libpq passes over a
 * variable that it does not know, and would then ask for less security than the URL does; a key word it refuses. Each has a
 * closed form, so that no secret that strayed into a URL ends up in a list of processes.
 */
const PASSED_ON: Readonly<Record<string, RegExp>> = {
  channel_binding: oneOf('disable', 'prefer', 'require'),
  connect_timeout: number,
  gssdelegation: flag,
  gssencmode: oneOf('disable', 'prefer', 'require'),
  gsslib: oneOf('gssapi', 'sspi'),
  keepalives: flag,
  keepalives_count: number,
  keepalives_idle: number,
  keepalives_interval: number,
  krbsrvname: word,
  load_balance_hosts: oneOf('disable', 'random'),
  max_protocol_version: protocol,
  min_protocol_version: protocol,
  require_auth: /^!?[a-z0-9-]{1,20}(?:,!?[a-z0-9-]{1,20}){0,9}$/,
  requirepeer: word,
  ssl_max_protocol_version: tlsVersion,
  ssl_min_protocol_version: tlsVersion,
  sslcertmode: oneOf('disable', 'allow', 'require'),
  sslcompression: flag,
  sslnegotiation: oneOf('postgres', 'direct'),
  sslsni: flag,
  target_session_attrs: oneOf('any', 'read-write', 'read-only', 'primary', 'standby', 'prefer-standby'),
  tcp_user_timeout: number,
};

/** Files of the runner that the author of the URL names; by environment, as a container has them in another place. */
const FILES: Readonly<Record<string, string>> = { sslcert: 'PGSSLCERT', sslkey: 'PGSSLKEY', sslcrl: 'PGSSLCRL' };

const OURS = 'Phaselift sets it itself';
const CLIENTS = 'it is for another client than libpq';
/** Accepted and not used: they change nothing that a backup or a restore does. */
const IGNORED: Readonly<Record<string, Text>> = {
  application_name: OURS,
  fallback_application_name: OURS,
  client_encoding: OURS,
  pgbouncer: 'but where this is the address of a pooler, the direct one is needed',
  schema: phrase`a backup has all schemas, unless ${input('dump-options')} says otherwise`,
  uselibpqcompat: 'what it asks for is so',
  binary_parameters: CLIENTS,
  connection_limit: CLIENTS,
  default_query_exec_mode: CLIENTS,
  pool: CLIENTS,
  pool_max_conns: CLIENTS,
  pool_min_conns: CLIENTS,
  pool_timeout: CLIENTS,
  prepared_statements: CLIENTS,
  socket_timeout: CLIENTS,
  statement_cache_capacity: CLIENTS,
  statement_cache_size: CLIENTS,
  supa: CLIENTS,
};

const ELSEWHERE = 'it would lead to another place than the host that the URL names';
const SECRET = 'a secret would stand in the list of processes';
/** Refused, and why. */
const REFUSED: Readonly<Record<string, string>> = {
  hostaddr: ELSEWHERE,
  service: ELSEWHERE,
  servicefile: ELSEWHERE,
  passfile: 'give the password in the URL, which is masked',
  replication: 'sessions of replication run no statements',
  requiressl: 'use `sslmode=require`',
  scram_client_key: SECRET,
  scram_server_key: SECRET,
  sslpassword: `${SECRET}: use a key without a password`,
  sslcrldir: 'a directory cannot be taken into a container: use `sslcrl`',
  sslkeylogfile: 'the keys of the session would be written to a file',
  sslaccept: 'use `sslmode` and `sslrootcert`',
  sslidentity: 'use `sslcert` and `sslkey`',
  oauth_client_id: 'nobody is there to log in in a browser',
  oauth_client_secret: SECRET,
  oauth_issuer: 'nobody is there to log in in a browser',
  oauth_scope: 'nobody is there to log in in a browser',
};

/** True when the name of a parameter may be repeated: what is not in a list could be a part of a password. */
function isKnown(name: string): boolean {
  return [PASSED_ON, FILES, IGNORED, REFUSED].some((list) => Object.hasOwn(list, name)) || name === 'options';
}

/**
 * Sorts the parameters that say neither place nor login nor `sslmode` and `sslrootcert`. No fault holds any of the URL's text
 * but names that are listed above.
 */
export function urlParameters(parameters: ReadonlyMap<string, string>): Parsed<ConnectionParameters> {
  const words: Record<string, string> = {};
  const files: Record<string, string> = {};
  const ignored: { name: string; reason: Text }[] = [];
  const refused: string[] = [];
  let options = '';
  for (const [name, value] of parameters) {
    const form = own(PASSED_ON, name);
    const variable = own(FILES, name);
    const reason = own(IGNORED, name);
    if (!isKnown(name)) refused.push('one that libpq does not have');
    else if (own(REFUSED, name) !== undefined) refused.push(`${quoted(name)}: ${own(REFUSED, name) ?? ''}`);
    else if (reason !== undefined) ignored.push({ name, reason });
    // As for libpq, nothing is the same as not given.
    else if (value === '') continue;
    else if (/\p{Cc}/u.test(value)) refused.push(`${quoted(name)}: it has control characters`);
    else if (name === 'options') options = value;
    else if (variable !== undefined) files[variable] = value;
    else if (form?.test(value) === true) words[name] = value;
    else refused.push(`${quoted(name)}: its value is none that libpq takes`);
  }
  if (refused.length === 0) return good({ words, files, options, ignored });
  return bad(
    phrase`this connection URL has parameters that are not supported (${[...new Set(refused)].join('; ')}): remove them; server settings go into ${input('pg-options')}`,
  );
}

function own<T>(list: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(list, name) ? list[name] : undefined;
}
