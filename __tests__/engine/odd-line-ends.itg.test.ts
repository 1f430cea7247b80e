import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase, createRole, quoteIdentifier } from '../helpers/databases.js';
import { runAction } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump, type BackupTrial } from './backup-trial.js';

/** Names that hold what some readers of lines take for the end of one. PostgreSQL's own tools end lines at \n only. */

const server = sharedPostgres();
const ENDS = 'a\u2028b\u2029c\rd\u0085e\vf\fg';
/** pg_restore makes a space of a carriage return in the line that tells an object. */
const SHOWN = 'a\\u{2028}b\\u{2029}c d\\u{85}e\\u{b}f\\u{c}g';
const named = (prefix: string): string => quoteIdentifier(`${prefix} ${ENDS}`);
const [schema, table, column] = [named('schema'), named('table'), named('column')];
const SQL = `
  CREATE SCHEMA ${schema};
  SET search_path = ${schema};
  CREATE TYPE ${named('type')} AS ENUM ('a', '${ENDS}');
  CREATE TABLE ${table} (id int CONSTRAINT ${named('key')} PRIMARY KEY, ${column} text, kind ${named('type')},
    CONSTRAINT ${named('check')} CHECK (${column} <> ''));
  INSERT INTO ${table} SELECT i, '${ENDS}' || i, 'a' FROM generate_series(1, 1000) i;
  CREATE TABLE ${named('parted')} (id int, ${column} int) PARTITION BY LIST (id);
  CREATE TABLE ${named('part')} PARTITION OF ${named('parted')} FOR VALUES IN (1);
  INSERT INTO ${named('parted')} VALUES (1, 2);
  CREATE INDEX ${named('index')} ON ${table} (${column});
  CREATE TABLE ${named('child')} (id int, parent int CONSTRAINT ${named('foreign')} REFERENCES ${table});
  INSERT INTO ${named('child')} VALUES (1, 1);
  CREATE SEQUENCE ${named('sequence')}; SELECT nextval('${named('sequence')}');
  CREATE VIEW ${named('view')} AS SELECT ${column} FROM ${table};
  CREATE MATERIALIZED VIEW ${named('matview')} AS SELECT count(*) FROM ${table};
  CREATE FUNCTION ${named('function')}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER ${named('trigger')} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${named('function')}();
  CREATE RULE ${named('rule')} AS ON DELETE TO ${table} DO ALSO NOTIFY x;
  CREATE POLICY ${named('policy')} ON ${table} USING (true);
  CREATE STATISTICS ${named('statistics')} ON id, ${column} FROM ${table};
  COMMENT ON TABLE ${table} IS '${ENDS}';
  SELECT lo_from_bytea(1, 'x');`;

let owner: Login;
let database: string;
let trial: BackupTrial;

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
  database = await createDatabase(server, { sql: SQL, owner });
  trial = await backUp(server, database, owner);
});

test.each([
  ['empty', 1],
  ['empty-keys-last', 2],
  ['after-data', 2],
] as const)('a database with line ends in names is restored and verified (%s, %i workers)', async (strategy, jobs) => {
  const target = await trial.restore({ strategy, jobs, with: { verify: 'full' } });
  await expectSameDump({ server, name: database }, target);
  // The job summary shows them with their ends spelled out, on one line each.
  expect(target.result.summary).not.toMatch(/[\u2028\u2029\r\u0085\v\f]/);
  expect(target.result.stdout).not.toMatch(/[\u2028\u2029\r\u0085\v\f]/);
});

test.each(['list', 'verify'])('mode %s is well with line ends in names', async (mode) => {
  const result = await (
    await runAction({
      with: { ...trial.place, mode, database, ...(mode === 'verify' ? { 'backup-name': 'latest' } : {}) },
      env: { PATH: `${server.programs}:${process.env['PATH'] ?? ''}` },
    })
  ).done;
  expect(result.exitCode).toBe(0);
});

describe('a failure that names an object', () => {
  test('a restore that fails names the object with its line ends spelled out', async () => {
    const sql = `
      CREATE TABLE ${table} (id int);
      INSERT INTO ${table} VALUES (1);
      CREATE FUNCTION only_here(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN
        IF current_database() !~ '^db_' THEN PERFORM 1 FROM "missing ${ENDS}"; END IF;
        RETURN $1; END $$;
      CREATE INDEX ${named('index')} ON ${table} (only_here(id));`;
    const failing = await backUp(server, await createDatabase(server, { sql, owner }), owner);
    const result = await (await failing.start({ strategy: 'after-data' })).handle.done;
    const error = result.annotations.find(({ level }) => level === 'error')?.message ?? '';
    expect(error).toContain(`INDEX public.index ${SHOWN}`);
    expect(error).toMatch(/relation "missing a\\u\{2028\}b.*" does not exist \(SQLSTATE 42P01\)/);
  });

  test('a backup that fails names the object with its line ends spelled out', async () => {
    const secret = await createDatabase(server, { sql: `CREATE TABLE ${table} (id int)` });
    const failed = backUp(server, secret, owner);
    await expect(failed).rejects.toThrow(
      /may not read 1 object of .*: TABLE public\.table a\\u\{2028\}b\\u\{2029\}c\\rd\\u\{85\}.*GRANT SELECT ON TABLE /s,
    );
  });
});
