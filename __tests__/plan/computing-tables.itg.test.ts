import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HeadParser } from '../../src/archive/head.js';
import type { ArchiveHead } from '../../src/archive/types.js';
import { makePlan, type Plan } from '../../src/plan/plan.js';
import type { DatabaseServer } from '../../testbed/database-server.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { createDatabase } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { PLAIN_PLAN } from './units.js';

/** What real archives lead to: the dependencies and definitions are pg_dump's own. */

const SQL = `
  CREATE SCHEMA app;
  CREATE TABLE app.a_rates (cur text PRIMARY KEY, rate numeric);
  CREATE FUNCTION app.rate(c text) RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT rate FROM app.a_rates WHERE cur = c';
  CREATE FUNCTION app.known(c text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT EXISTS (SELECT FROM app.a_rates WHERE cur = c)';
  CREATE FUNCTION app.preset() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE DOMAIN app.code AS text CHECK (app.known(VALUE));
  CREATE DOMAIN app.code_too AS app.code;
  CREATE DOMAIN app.codes AS app.code[];
  CREATE DOMAIN app.numbered AS int DEFAULT app.preset() CONSTRAINT above CHECK (VALUE > 0) CONSTRAINT below CHECK (VALUE < 10);
  CREATE DOMAIN app.rated AS numeric CHECK (app.rate(VALUE::text) IS NULL);
  CREATE TYPE app.pair AS (a int, k app.code_too);
  CREATE TYPE app.span AS RANGE (subtype = app.rated, subtype_opclass = numeric_ops);
  CREATE TYPE app.point AS (x int, y int);
  CREATE FUNCTION app.width(app.point) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT ($1).x';
  CREATE CAST (app.point AS int) WITH FUNCTION app.width(app.point);
  CREATE FUNCTION app.same(a text, b text) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT app.known(a)';
  CREATE OPERATOR app.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = app.same);
  CREATE FUNCTION app.hashed(k text, s bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS 'SELECT 1::bigint';
  CREATE OPERATOR CLASS app.hashing FOR TYPE text USING hash AS OPERATOR 1 =, FUNCTION 2 app.hashed(text, bigint);
  CREATE FUNCTION app.size_in(cstring) RETURNS app.size LANGUAGE internal IMMUTABLE STRICT AS 'textin';
  CREATE FUNCTION app.size_out(app.size) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
  CREATE TYPE app.size (INPUT = app.size_in, OUTPUT = app.size_out, LIKE = text);

  CREATE TABLE app.generated (k text, g numeric GENERATED ALWAYS AS (app.rate(k)) STORED);
  CREATE TABLE app.checked (n int, k text, CONSTRAINT "odd CHECK (" CHECK (n > 0 AND app.known(k)));
  CREATE TABLE app.cases (id int DEFAULT app.preset(), m text DEFAULT CASE WHEN true THEN 'a, b) CHECK (' ELSE ';' END,
    b text CHECK (CASE WHEN b = 'x' THEN b IS NULL ELSE app.known(b) END));
  CREATE TABLE app.domains (k app.code);
  CREATE TABLE app.domain_of_domain (k app.code_too);
  CREATE TABLE app.array_of_domain (k app.code[]);
  CREATE TABLE app.domain_of_array (k app.codes);
  CREATE TABLE app.composite (k app.pair[]);
  CREATE TABLE app.range (k app.span);
  CREATE TABLE app.row_type (k app.domains);
  CREATE TABLE app.operator (k text CHECK (k OPERATOR(app.===) 'x'));
  CREATE TABLE app.casted (p app.point, g int GENERATED ALWAYS AS (p::int) STORED);
  CREATE TABLE app.typed OF app.point (CHECK (app.width(ROW(x, y)::app.point) > 0));
  CREATE TABLE app.based (b app.size);
  CREATE TABLE app.parent (k text, g numeric GENERATED ALWAYS AS (app.rate(k)) STORED, CHECK (app.known(k)));
  CREATE TABLE app.parent_child (extra int) INHERITS (app.parent);
  CREATE TABLE app.parent_child_child (more int) INHERITS (app.parent_child);
  CREATE TABLE app.listed (id int, k text) PARTITION BY RANGE (id);
  CREATE TABLE app.listed_1 PARTITION OF app.listed FOR VALUES FROM (0) TO (10) PARTITION BY LIST ((app.rate(k)));
  CREATE TABLE app.listed_1_a PARTITION OF app.listed_1 DEFAULT;
  CREATE TABLE app.hashed (id int, k text) PARTITION BY HASH (k app.hashing);
  CREATE TABLE app.hashed_0 PARTITION OF app.hashed FOR VALUES WITH (MODULUS 1, REMAINDER 0);

  CREATE TABLE app.plain_default (id int DEFAULT app.preset(), a int CHECK (a > 0), g int GENERATED ALWAYS AS (a + 1) STORED);
  CREATE TABLE app.plain_domain (a app.numbered);
  CREATE TABLE app.plain_child () INHERITS (app.plain_default);
  CREATE TABLE app.plain_later (k text);
  ALTER TABLE app.plain_later ADD CHECK (app.known(k)) NOT VALID;
  CREATE TABLE app.plain_row (k text);
  CREATE FUNCTION app.whole(app.plain_row) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
  ALTER TABLE app.plain_row ADD CHECK (app.whole(plain_row));
  CREATE TABLE app.plain_parts (id int DEFAULT app.preset()) PARTITION BY LIST (id);
  CREATE TABLE app.plain_parts_1 PARTITION OF app.plain_parts FOR VALUES IN (1);
  CREATE RULE also AS ON INSERT TO app.plain_default DO ALSO SELECT app.preset();`;

const RUNS = {
  array_of_domain: 'app.known(text)',
  based: 'app.size_in(cstring)',
  cases: 'app.known(text)',
  casted: 'app.width(app.point)',
  checked: 'app.known(text)',
  composite: 'app.known(text)',
  domain_of_array: 'app.known(text)',
  domain_of_domain: 'app.known(text)',
  domains: 'app.known(text)',
  generated: 'app.rate(text)',
  hashed_0: 'app.hashed(text, bigint)',
  listed_1_a: 'app.rate(text)',
  operator: 'app.same(text, text)',
  parent: 'app.rate(text)',
  parent_child: 'app.rate(text)',
  parent_child_child: 'app.rate(text)',
  range: 'app.rate(text)',
  row_type: 'app.known(text)',
  typed: 'app.width(app.point)',
};

describe.each([15, 17, 18] as const)('tables of an archive of PostgreSQL %i', (version) => {
  let server: DatabaseServer | PostgresServer;
  let directory: string;
  let database: string;

  beforeAll(async () => {
    server = version === 15 ? sharedPostgres() : await startPostgres({ version });
    directory = await mkdtemp(join(tmpdir(), 'phaselift-computing-'));
    database = await createDatabase(server, { sql: SQL });
  });
  afterAll(async () => {
    if ('stop' in server) await server.stop();
    await rm(directory, { recursive: true });
  });

  async function planOf(...args: string[]): Promise<Plan> {
    const file = join(directory, 'archive');
    await runProgram(join(server.programs, 'pg_dump'), ['-Fc', '-f', file, ...args], {
      env: server.environment(database),
    });
    const head: ArchiveHead | null = new HeadParser().push(await readFile(file));
    if (head === null) throw new Error('the archive has no head');
    return makePlan(head, { blocks: [] }, PLAIN_PLAN);
  }

  test.each([[[]], [['--inserts']]])(
    'tables that run a function while they load are last, alone, in order (%j)',
    async (args) => {
      const { units, reasons } = await planOf(...args);
      const data = units.filter(({ stage }) => stage === 'data');
      const last = data.filter(({ rowsRun }) => rowsRun !== undefined);
      const runs = last.map(({ title, rowsRun }) => [title.replace('TABLE DATA app.', ''), rowsRun]);
      const expected = Object.entries(RUNS).map(([table, name]) => [table, `FUNCTION ${name}`]);
      expect(runs).toEqual(expected);
      const others = data.filter((unit) => !last.includes(unit)).map(({ id }) => id);
      expect(last.map(({ after }) => after)).toEqual([others, ...last.slice(0, -1).map(({ id }) => [id])]);
      expect(reasons).toContainEqual(
        'TABLE DATA app.operator is loaded after all other data: its rows run FUNCTION app.same(text, text) while they load, which may read other tables',
      );
    },
  );

  test('tables that load by way of their root run what any of their partitions runs', async () => {
    const sql = `CREATE SCHEMA app; CREATE FUNCTION app.yes(int) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
      CREATE TABLE app.p (i int) PARTITION BY HASH (i);
      CREATE TABLE app.p_0 PARTITION OF app.p FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE app.p_1 PARTITION OF app.p FOR VALUES WITH (MODULUS 2, REMAINDER 1);
      ALTER TABLE app.p_1 ADD CHECK (app.yes(i));`;
    database = await createDatabase(server, { sql });
    const titles = async (...args: string[]): Promise<string[]> =>
      (await planOf(...args)).units.filter(({ rowsRun }) => rowsRun !== undefined).map(({ title }) => title);
    expect(await titles()).toEqual(['TABLE DATA app.p_1']);
    expect(await titles('--load-via-partition-root')).toEqual(['TABLE DATA app.p_0', 'TABLE DATA app.p_1']);
  });
});
