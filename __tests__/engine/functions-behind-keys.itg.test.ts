import { expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createDatabase } from '../helpers/databases.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { backUp, expectSameDump } from './backup-trial.js';

/** Functions that are called immutable, read another table, and stand behind a key without a dependency that says so. */

const server = sharedPostgres();
const superuser: Login = { user: server.user, password: server.password };
const factors = 'CREATE SCHEMA app; CREATE TABLE app.z_factors (f int); INSERT INTO app.z_factors VALUES (-1000);';
const factor = 'coalesce((SELECT f FROM app.z_factors), 1)';
const byIndex = 'SET enable_seqscan = off; SET enable_bitmapscan = off;';

/** Operators of a type of its own, compared the other way round once the factor is there. */
const ownOperators = ['<', '<=', '=', '>=', '>']
  .map(
    (name, index) => `
      CREATE FUNCTION app.is_${index}(a app.size, b app.size) RETURNS bool IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN app.compare(a, b) ${name} 0; END';
      CREATE OPERATOR app.${name} (LEFTARG = app.size, RIGHTARG = app.size, FUNCTION = app.is_${index});`,
  )
  .join('');

test.each([
  [
    'an operator in the expression of an exclusion',
    `CREATE FUNCTION app.mixed(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a * ${factor} + b';
     CREATE OPERATOR app.||| (LEFTARG = int, RIGHTARG = int, FUNCTION = app.mixed);
     CREATE TABLE app.a (x int, y int, EXCLUDE USING btree ((x OPERATOR(app.|||) y) WITH =));
     INSERT INTO app.a SELECT x, y FROM generate_series(1, 30) x, generate_series(1, 30) y;`,
    'x OPERATOR(app.|||) y = -4995',
  ],
  [
    'a cast in the expression of an exclusion',
    `CREATE TYPE app.point AS (x int, y int);
     CREATE FUNCTION app.mixed(p app.point) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT p.x * ${factor} + p.y';
     CREATE CAST (app.point AS int) WITH FUNCTION app.mixed(app.point);
     CREATE TABLE app.a (p app.point, EXCLUDE USING btree ((p::int) WITH =));
     INSERT INTO app.a SELECT (x, y)::app.point FROM generate_series(1, 30) x, generate_series(1, 30) y;`,
    'p::int = -4995',
  ],
  [
    'the operator class of an exclusion',
    `CREATE FUNCTION app.compare(a int, b int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.btint4cmp(a, b) * ${factor}';
     CREATE OPERATOR CLASS app.down FOR TYPE int USING btree AS
       OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 app.compare(int, int);
     CREATE TABLE app.a (x int, EXCLUDE USING btree (x app.down WITH =));
     INSERT INTO app.a SELECT generate_series(1, 900);`,
    'x = 444',
  ],
  [
    'the default operator class of the type of a primary key',
    `CREATE TYPE app.size AS ENUM ('xs', 's', 'm', 'l', 'xl', 'xxl');
     CREATE FUNCTION app.compare(a app.size, b app.size) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT pg_catalog.enum_cmp(a, b) * ${factor}';
     ${ownOperators}
     CREATE OPERATOR CLASS app.sizes DEFAULT FOR TYPE app.size USING btree AS
       OPERATOR 1 app.<, OPERATOR 2 app.<=, OPERATOR 3 app.=, OPERATOR 4 app.>=, OPERATOR 5 app.>, FUNCTION 1 app.compare(app.size, app.size);
     CREATE TABLE app.a (x app.size PRIMARY KEY);
     INSERT INTO app.a SELECT unnest(enum_range(NULL::app.size));`,
    "x OPERATOR(app.=) 's'",
  ],
])('a key waits for the data that %s reads', async (_title, sql, condition) => {
  const trial = await backUp(server, await createDatabase(server, { sql: factors + sql }), superuser);
  const target = await trial.restore({ with: { verify: 'full' } });
  await expectSameDump({ server, name: trial.database }, target);
  const query = `SELECT count(*) FROM app.a WHERE ${condition}`;
  expect(await server.psql(target.name, `${byIndex} EXPLAIN ${query}`)).toContain('Index');
  expect(await server.psql(target.name, `${byIndex} ${query}`)).toBe('1');
  expect(target.result.stdout).toMatch(/CONSTRAINT app\.a \w+ is built after the data: it uses FUNCTION app\./);
});
