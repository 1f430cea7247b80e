import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DatabaseServer, Login } from '../../testbed/database-server.js';
import { runProgram } from '../../testbed/run-program.js';
import { quoteIdentifier } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { startRuntimes } from '../postgres/toolbox/runtimes.js';
import { ManagedRuns, type Inputs } from './managed-runs.js';

/** Names and passwords that shells, libpq, psql and S3 could each misread, through every place that the tools can run in. */

interface Names {
  what: string;
  database: string;
  role: string;
  password: string;
  schema: string;
  table: string;
  column: string;
}

/** As long as PostgreSQL has names. */
const LONGEST = 63;

function ofLength(text: string): string {
  return text + 'x'.repeat(LONGEST - Buffer.byteLength(text));
}

const ALL: readonly Names[] = [
  {
    what: 'quotes, spaces, $, %, emoji, as long as can be',
    database: ofLength(`db "quoted" 'too' $HOME \${x} %d 🐘 `),
    role: ofLength(`role "quoted" 'too' $USER %s 🐘 `),
    password: `p "quoted" 'too' $HOME \\ %41 & 🐘 :/@#?=`,
    schema: ofLength(`schema "a" 'b' $1 %d 🐘 \\ `),
    table: ofLength(`table "a" 'b' $1 %d 🐘 \\ `),
    column: ofLength(`column "a" 'b' $1 %d 🐘 \\ `),
  },
  {
    what: 'words of SQL',
    database: 'select',
    role: 'user',
    password: 'password',
    schema: 'order',
    table: 'table',
    column: 'null',
  },
];

const server: DatabaseServer = sharedPostgres();
const runtimes = await startRuntimes();
let runs: ManagedRuns;

beforeAll(async () => {
  runs = await ManagedRuns.create(server);
});

afterAll(async () => {
  runs.close();
  await runtimes.stop();
});

/** The places, by their titles, and what chooses each. */
const places: { title: string; choose(): Promise<Inputs>; end(): Promise<void> }[] = [
  { title: 'on PATH', choose: () => Promise.resolve({}), end: () => Promise.resolve() },
];
for (const runtime of runtimes.all) {
  if ('missing' in runtime) {
    test.skip(`${runtime.name}: ${runtime.missing.replaceAll('\n', ' ')}`, () => undefined);
    continue;
  }
  const { name, image } = runtime;
  const choice = { 'container-runtime': name };
  places.push({
    title: `in a container that ${name} starts`,
    choose: () => Promise.resolve({ ...choice, 'pg-client': 'image', 'pg-image': image }),
    end: () => Promise.resolve(),
  });
  let id = '';
  places.push({
    title: `in a container of ${name} that runs already`,
    async choose() {
      const sleeping = ['run', '-d', '--network', 'host', '--entrypoint', 'sleep', image, '600'];
      id = (await runProgram(name, sleeping)).trim();
      return { ...choice, 'pg-client': 'container', 'pg-container': id };
    },
    async end() {
      await runProgram(name, ['rm', '-f', id]);
    },
  });
}

describe.each(ALL)('names with $what', ({ what, database, role, password, schema, table, column }) => {
  const login: Login = { user: role, password };
  const target = `${database.slice(0, -2)}2`;
  const [db, owner] = [quoteIdentifier(database), quoteIdentifier(role)];
  const where = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
  const rows = `SELECT count(*), max(${quoteIdentifier(column)}) FROM ${where}`;

  beforeAll(async () => {
    await server.psql('postgres', `CREATE ROLE ${owner} LOGIN CREATEDB PASSWORD '${password.replaceAll("'", "''")}'`);
    await server.psql('postgres', `CREATE DATABASE ${db} OWNER ${owner} TEMPLATE template0`);
    const sql = `CREATE SCHEMA ${quoteIdentifier(schema)};
      CREATE TABLE ${where} (${quoteIdentifier(column)} int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text);
      INSERT INTO ${where} (note) SELECT 'x' FROM generate_series(1, 10);
      CREATE INDEX ON ${where} (note);`;
    await server.psql(database, sql, login);
  });

  afterAll(async () => {
    await server.psql('postgres', `DROP DATABASE ${db} WITH (FORCE); DROP ROLE ${owner}`);
  });

  test.each(places)(`tools $title back up and restore names with ${what}`, async (place) => {
    const inputs = await place.choose();
    try {
      const more = { ...inputs, force: 'true' };
      await runs.succeed(runs.backup(database, login, more));
      const { outputs } = await runs.succeed(runs.restore(database, target, login, more));
      expect(outputs['row-count']).toBe('10');
      expect(await server.psql(target, rows)).toBe('10|10');
      const owns = `SELECT datdba::regrole::text = quote_ident(current_user) FROM pg_database WHERE datname = current_database()`;
      expect(await server.psql(target, owns, login)).toBe('t');
    } finally {
      await place.end();
      await server.psql('postgres', `DROP DATABASE IF EXISTS ${quoteIdentifier(target)} WITH (FORCE)`);
    }
  });
});
