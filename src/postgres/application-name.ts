import { createHash } from 'node:crypto';

/** NAMEDATALEN - 1: what the server keeps of an application_name, silently. */
const MAX_BYTES = 63;
const HASH_DIGITS = 8;

/**
 * The application_name of sessions that work for a database: `phaselift restore app`. Exactly what the server will show: it
 * puts `?` (up to 15) or `\xNN` for what is not printable ASCII, and cuts long names, and sessions are later looked for by this
 * name. Such names of databases are cleaned and cut by us, and told apart by a hash.
 */
export function applicationName(work: string, database: string): string {
  const whole = `${work} ${database}`;
  if (/^[\x20-\x7e]*$/.test(whole) && whole.length <= MAX_BYTES) return whole;
  const hash = createHash('sha256').update(database).digest('hex').slice(0, HASH_DIGITS);
  const room = MAX_BYTES - work.length - hash.length - 2;
  const beginning = database.replace(/[^\x20-\x7e]/gu, '_').slice(0, room);
  return `${work} ${beginning}~${hash}`;
}
