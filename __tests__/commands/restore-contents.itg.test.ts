import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { expectFailure } from './backup-runs.js';
import { GATED_SOURCE, GATES, releaseAll } from './restore-gates.js';
import { RestoreRuns, type Inputs } from './restore-runs.js';
import { unfinishedRestore } from './stopped-restore.js';

/** Objects with definitions of their own, and rows of each kind that is read in a way of its own. */
const SOURCE = `${GATED_SOURCE}
  CREATE FUNCTION app.body() RETURNS integer LANGUAGE sql AS 'SELECT 1';
  CREATE TABLE app.checked (
    id int PRIMARY KEY,
    state varchar(10) DEFAULT 'new' CHECK (state IN ('new', 'old')),
    at timestamptz, raw bytea, spans tstzrange[],
    CHECK (id BETWEEN 1 AND 1000 AND state IS NOT NULL)
  );
  COMMENT ON TABLE app.checked IS 'a comment';
  CREATE POLICY own ON app.checked USING (id > 0);
  CREATE VIEW app.spelled AS SELECT id FROM app.checked WHERE id BETWEEN 1 AND 10 AND state IN ('new');
  INSERT INTO app.checked SELECT i, 'old', '2026-07-01 12:00Z'::timestamptz + i * '1 month'::interval, decode(md5(i::text), 'hex'),
    ARRAY[tstzrange('2026-01-01Z', NULL)] FROM generate_series(1, 50) i;
  CREATE TABLE app.one (a text); INSERT INTO app.one VALUES ('mine'), ('same');
  CREATE TABLE app.two (a text); INSERT INTO app.two VALUES ('yours'), ('same');
  CREATE TABLE app.twice (a text); INSERT INTO app.twice VALUES ('x'), ('x'), ('y');
  CREATE TABLE app.none (); INSERT INTO app.none DEFAULT VALUES;
  CREATE TABLE app.wide (a int, b int GENERATED ALWAYS AS (a * 2) STORED, c float8); INSERT INTO app.wide (a, c) VALUES (1, 0.1);
  CREATE TABLE app.child (d text) INHERITS (app.wide); INSERT INTO app.child (a, c, d) VALUES (2, 1e300, E'line\\nline');
  CREATE TYPE app.mood AS ENUM ('sad', 'ok', 'happy');
  CREATE TABLE app.moody (m app.mood, n int) PARTITION BY HASH (m);
  CREATE TABLE app.moody0 PARTITION OF app.moody FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE app.moody1 PARTITION OF app.moody FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO app.moody SELECT m, n FROM unnest(enum_range(NULL::app.mood)) m, generate_series(1, 10) n;
  DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''America/New_York''', current_database());
    EXECUTE format('ALTER DATABASE %I SET bytea_output = ''escape''', current_database()); END $$;`;

let runs: RestoreRuns;
let target: string;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
  await runs.backUp();
  // All four phases are done by then.
  target = await unfinishedRestore(runs, GATES.analyze);
});

afterEach(releaseAll);
afterAll(() => runs.close());

/** Changes the target, sees the verification fail, and mends it. */
async function found(change: string, mend: string, inputs: Inputs, firstLine: RegExp): Promise<void> {
  await runs.server.psql(target, change, runs.owner);
  const result = await runs.run(target, { analyze: 'false', ...inputs });
  expectFailure(result, firstLine, /run the restore again/);
  expect(result.outputs['resumed']).toBe('true');
  await runs.server.psql(target, mend, runs.owner);
}

describe('a target that somebody changed before the verification', () => {
  test('`verify: full` finds each definition that is another or gone, by its name', () =>
    found(
      `CREATE OR REPLACE FUNCTION app.body() RETURNS integer LANGUAGE sql AS 'SELECT 2';
       DROP POLICY own ON app.checked;
       ALTER TABLE app.checked ALTER state SET DEFAULT 'old';
       COMMENT ON TABLE app.checked IS NULL;
       CREATE TABLE app.besides ()`,
      `CREATE OR REPLACE FUNCTION app.body() RETURNS integer LANGUAGE sql AS 'SELECT 1';
       CREATE POLICY own ON app.checked USING (id > 0);
       ALTER TABLE app.checked ALTER state SET DEFAULT 'new';
       COMMENT ON TABLE app.checked IS 'a comment'`,
      { verify: 'full' },
      /definitions \(FUNCTION app\.body\(\) differs, TABLE app\.checked differs, COMMENT app\.TABLE checked is missing, POLICY app\.checked own is missing\)/,
    ));

  test('`verify: content` finds a byte, rows in the wrong table, and a row in the place of another', () =>
    found(
      `UPDATE app.big SET payload = 'X' || substr(payload, 2) WHERE id = 2000;
       UPDATE app.one SET a = 'yours' WHERE a = 'mine';
       UPDATE app.two SET a = 'mine' WHERE a = 'yours';
       UPDATE app.twice SET a = 'y' WHERE ctid = (SELECT min(ctid) FROM app.twice WHERE a = 'x');
       UPDATE app.moody SET n = 11 WHERE m = 'ok' AND n = 10`,
      `UPDATE app.big SET payload = repeat(md5(id::text), 125) WHERE id = 2000;
       UPDATE app.one SET a = 'mine' WHERE a = 'yours';
       UPDATE app.two SET a = 'yours' WHERE a = 'mine';
       UPDATE app.twice SET a = 'x' WHERE ctid = (SELECT min(ctid) FROM app.twice WHERE a = 'y');
       UPDATE app.moody SET n = 10 WHERE m = 'ok' AND n = 11`,
      { verify: 'content', 'restore-jobs': '2' },
      /contents of tables \((?=.*app\.big has as many rows, but others)(?=.*app\.one )(?=.*app\.two )(?=.*app\.twice )(?=.*app\.moody )/,
    ));

  test('a target that was mended is the same, whatever is spelled otherwise, and what nobody compares is said', async () => {
    const result = await runs.succeed(target, { verify: 'content', 'record-proof': 'true' });
    expect(result.stdout).not.toMatch(/^WRONG/m);
    const definitions = /^ok +definitions: (\d+) of \1 \((.*)\)$/m.exec(result.stdout)?.[2];
    expect(definitions).toBe(
      'only parentheses and casts are written otherwise: TABLE app.checked, VIEW app.spelled; 1 more object in the target: TABLE app.besides',
    );
    const contents = /^ok +contents of tables: (\d+) of \1 \((.*)\)$/m.exec(result.stdout);
    expect(contents?.[1]).toBe('11');
    expect(contents?.[2]).toBe('not compared, large objects: BLOBS; materialized views are computed anew: summary');
    const proof = (await runs.bucket.get(`${runs.source}/one.proof.json`)).toString();
    expect(JSON.parse(proof)).toMatchObject({ verify: 'full', contents: true });
  });
});

test('the manifest says how the rows of its archive are written', async () => {
  const manifest = JSON.parse((await runs.bucket.get(runs.manifestKey())).toString()) as { source: object };
  expect(manifest.source).toHaveProperty('rowSettings', { timeZone: 'America/New_York', byteaOutput: 'escape' });
});
