import type { DatabaseServer } from '../database-server.js';
import { dumpText } from '../dump-text.js';

/**
 * All that a database holds, a line each: the schema as pg_dump writes it, and of each table the number of rows and a checksum over
 * all of them in an order of their own, each sequence's state, each large object's checksum. Equal databases give equal lines.
 */
export async function fingerprint(server: DatabaseServer, database: string): Promise<string[]> {
  const schema = await dumpText(server, database, { args: ['--schema-only'] });
  const contents = await server.psql(database, CONTENTS);
  return [...schema.split('\n'), ...contents.split('\n')];
}

const CONTENTS = `
  SET extra_float_digits = 3;
  SELECT format('SELECT %L, count(*), md5(string_agg(md5(t::text), %L ORDER BY md5(t::text))) FROM ONLY %s t', 'rows of ' || oid::regclass, '', oid::regclass)
    FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'shop'::regnamespace ORDER BY oid::regclass::text
  \\gexec
  SELECT format('SELECT %L, last_value, is_called FROM %s', 'sequence ' || oid::regclass, oid::regclass)
    FROM pg_class WHERE relkind = 'S' AND relnamespace = 'shop'::regnamespace ORDER BY oid::regclass::text
  \\gexec
  SELECT 'large object ' || oid, md5(lo_get(oid)) FROM pg_largeobject_metadata ORDER BY oid;
  SELECT 'index that is not valid: ' || indexrelid::regclass FROM pg_index WHERE NOT (indisvalid AND indisready) ORDER BY 1;
  SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY nspname;`;

const SHOWN = 6;

/** The first lines that only one of two fingerprints has; none where they are equal. */
export function differences(wanted: readonly string[], found: readonly string[]): string[] {
  if (wanted.join('\n') === found.join('\n')) return [];
  const [inWanted, inFound] = [new Set(wanted), new Set(found)];
  const lines = [
    ...wanted.filter((line) => !inFound.has(line)).map((line) => `- ${line}`),
    ...found.filter((line) => !inWanted.has(line)).map((line) => `+ ${line}`),
  ];
  return lines.length > 0 ? lines.slice(0, SHOWN) : ['the same lines in another order'];
}
