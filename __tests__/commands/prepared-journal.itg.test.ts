import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { createRole, quoteIdentifier } from '../helpers/databases.js';
import { expectFailure } from './backup-runs.js';
import { RestoreRuns } from './restore-runs.js';
import { few } from '../helpers/depth.js';

/**
 * Another role may create schemas in the target, and has made one with the name of the journal's. Restores run as
 * superuser here, which is what such a role is after.
 */

const SOURCE = 'CREATE TABLE public.t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100);';

/** Makes whoever calls it give rights away, as far as it has any. */
const GREEDY = `
  CREATE FUNCTION phaselift_journal.greedy() RETURNS json LANGUAGE plpgsql AS $$ BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper) THEN
      EXECUTE pg_catalog.format('ALTER ROLE %I SUPERUSER', STRANGER);
    END IF;
    RETURN '{"format": 1}';
  END $$;`;

const TABLES = `
  CREATE TABLE phaselift_journal.restore (header json, started_at timestamptz);
  CREATE TABLE phaselift_journal.plan (unit text PRIMARY KEY, ordinal int, definition json);
  CREATE TABLE phaselift_journal.finished (unit text PRIMARY KEY, rows bigint, bytes bigint, seconds float8, finished_at timestamptz);
  CREATE UNLOGGED TABLE phaselift_journal.finished_unlogged (unit text PRIMARY KEY, rows bigint, bytes bigint, seconds float8, finished_at timestamptz);`;

/** What the header of a restore of that backup would be, with a plan without units. */
const EMPTY_PLAN = `INSERT INTO phaselift_journal.restore VALUES ('HEADER', now());`;

let runs: RestoreRuns;
let stranger: Login;
let superuser: Login;
let header: string;

beforeAll(async () => {
  runs = await RestoreRuns.create(SOURCE);
  await runs.backUp();
  superuser = { user: runs.server.user, password: runs.server.password };
  stranger = await createRole(runs.server);
  const manifest = JSON.parse((await runs.bucket.get(runs.manifestKey())).toString()) as {
    archive: { sha256: string };
  };
  header = JSON.stringify({
    format: 1,
    database: runs.source,
    backupName: 'one',
    archiveUri: runs.uriOf(runs.archiveKey()),
    archiveSha256: manifest.archive.sha256,
    indexStrategy: 'empty',
    restoreArgs: ['--no-owner'],
    selection: {
      skipEntries: [],
      keepSubscriptions: false,
      keepPrivileges: false,
      targetIsSuperuser: true,
      targetMajor: 15,
      installedExtensions: [],
      existing: [],
      journalSchema: 'phaselift_journal',
    },
    reasons: [],
    leftOut: [],
  });
});

afterAll(() => runs.close());

/** A target of the superuser's, prepared by the stranger, who may create schemas in it. */
async function prepared(sql: string): Promise<string> {
  const target = await runs.emptyTarget('', superuser);
  const role = quoteIdentifier(stranger.user);
  await runs.server.psql('postgres', `GRANT CREATE ON DATABASE ${quoteIdentifier(target)} TO ${role}`);
  const all = `CREATE SCHEMA phaselift_journal; GRANT USAGE ON SCHEMA phaselift_journal TO PUBLIC; ${GREEDY}${sql}
    GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA phaselift_journal TO PUBLIC;`;
  await runs.server.psql(
    target,
    all.replaceAll('STRANGER', `'${stranger.user}'`).replaceAll('HEADER', header),
    stranger,
  );
  return target;
}

async function expectRefused(target: string, ...named: RegExp[]): Promise<void> {
  for (const inputs of [{}, { mode: 'all', 'backup-name': '', ...runs.connection('source', superuser) }]) {
    const result = await runs.run(target, { ...runs.connection('target', superuser), ...inputs });
    for (const pattern of named) expectFailure(result, pattern, /drop and create/i);
    expect(result.summary).toContain('TARGET_NOT_EMPTY');
  }
  const isSuper = `SELECT rolsuper FROM pg_roles WHERE rolname = '${stranger.user}'`;
  expect(await runs.server.psql('postgres', isSuper)).toBe('f');
  expect(await runs.server.psql(target, "SELECT to_regclass('public.t') IS NULL")).toBe('t');
}

describe('a schema of the journal’s name that another role made', () => {
  test.each(
    few(
      [0, 2],
      [
        [
          'with a view as the header',
          'CREATE VIEW phaselift_journal.restore AS SELECT phaselift_journal.greedy() AS header;',
        ],
        [
          'with views for all tables',
          `CREATE VIEW phaselift_journal.restore AS SELECT phaselift_journal.greedy() AS header, now() AS started_at;
       CREATE VIEW phaselift_journal.plan AS SELECT 'a'::text AS unit, 1 AS ordinal, phaselift_journal.greedy() AS definition;
       CREATE VIEW phaselift_journal.finished AS SELECT 'a'::text AS unit, 1::bigint AS rows, 1::bigint AS bytes, 1::float8 AS seconds, now() AS finished_at;
       CREATE VIEW phaselift_journal.finished_unlogged AS SELECT * FROM phaselift_journal.finished;`,
        ],
        ['with just our tables and a plan without units', TABLES + EMPTY_PLAN],
        [
          'with our tables and a trigger',
          `${TABLES}${EMPTY_PLAN}
       CREATE FUNCTION phaselift_journal.fire() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM phaselift_journal.greedy(); RETURN NEW; END $$;
       CREATE TRIGGER fire BEFORE INSERT OR UPDATE ON phaselift_journal.finished FOR EACH ROW EXECUTE FUNCTION phaselift_journal.fire();`,
        ],
        [
          'with row-level security that calls a function',
          `${TABLES}${EMPTY_PLAN}
       CREATE POLICY p ON phaselift_journal.restore USING (phaselift_journal.greedy() IS NOT NULL);
       ALTER TABLE phaselift_journal.restore ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;`,
        ],
        ['and nothing in it', ''],
      ],
    ),
  )('a journal schema of another role, %s, is named and not touched', async (_what, sql) => {
    const target = await prepared(sql);
    await expectRefused(
      target,
      new RegExp(`schema phaselift_journal that this role did not make: it belongs to ${stranger.user}`),
    );
  });
});

/** A journal of ours (the superuser's), as a restore that was killed leaves it, and what a member of our own could have added. */
describe('a journal of our own to which something was added', () => {
  test.each(
    few(
      [0, 1, 2, 7],
      [
        [
          'a trigger',
          `CREATE TRIGGER tr BEFORE INSERT ON phaselift_journal.finished FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`,
          /table finished has trigger tr/,
        ],
        [
          'a rule',
          `CREATE RULE r AS ON INSERT TO phaselift_journal.finished DO INSTEAD NOTHING`,
          /table finished has rule r/,
        ],
        ['a policy', `CREATE POLICY p ON phaselift_journal.plan USING (true)`, /table plan has policy p/],
        [
          'row-level security',
          `ALTER TABLE phaselift_journal.plan ENABLE ROW LEVEL SECURITY`,
          /table plan is missing, or something else/,
        ],
        ['a child', `CREATE TABLE public.child () INHERITS (phaselift_journal.plan)`, /table plan has table .*child/],
        [
          'a parent',
          `CREATE TABLE public.parent (header json); ALTER TABLE phaselift_journal.restore INHERIT public.parent`,
          /table restore has a parent/,
        ],
        [
          'a column',
          `ALTER TABLE phaselift_journal.plan ADD COLUMN more text`,
          /table plan is missing, or something else/,
        ],
        [
          'a default',
          `ALTER TABLE phaselift_journal.plan ALTER ordinal SET DEFAULT random()`,
          /table plan has default value/,
        ],
        ['a check', `ALTER TABLE phaselift_journal.plan ADD CHECK (ordinal > -1)`, /table plan has constraint/],
        [
          'a view',
          `CREATE VIEW public.v AS SELECT * FROM phaselift_journal.plan`,
          /table plan has rule _RETURN on view/,
        ],
        ['a table', `CREATE TABLE phaselift_journal.more (a int)`, /it holds table .*more/],
        [
          'a function',
          `CREATE FUNCTION phaselift_journal.f() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
          /it holds function/,
        ],
        [
          'somebody who may create in it',
          `GRANT CREATE ON SCHEMA phaselift_journal TO PUBLIC`,
          /everybody may create in it/,
        ],
        [
          'another owner of a table',
          `ALTER TABLE phaselift_journal.finished OWNER TO STRANGER`,
          /table finished belongs to /,
        ],
        ['one table less', `DROP TABLE phaselift_journal.finished_unlogged`, /table finished_unlogged is missing/],
        [
          'a table that is logged',
          `ALTER TABLE phaselift_journal.finished_unlogged SET LOGGED`,
          /table finished_unlogged is missing/,
        ],
      ],
    ),
  )('a journal of our own to which %s was added is refused', async (_what, sql, named) => {
    const target = await runs.emptyTarget(`CREATE SCHEMA phaselift_journal; ${TABLES}`, superuser);
    const insert = EMPTY_PLAN.replace('HEADER', header);
    await runs.server.psql(target, `${insert}${sql.replace('STRANGER', quoteIdentifier(stranger.user))}`);
    await expectRefused(target, named);
  });

  test('a journal of our own with a plan without units is not taken for a restore', async () => {
    const target = await runs.emptyTarget(`CREATE SCHEMA phaselift_journal; ${TABLES}`, superuser);
    await runs.server.psql(target, EMPTY_PLAN.replace('HEADER', header));
    await expectRefused(
      target,
      /the plan in the journal of the target is not one for this backup: it leaves TABLE public\.t out/,
    );
  });
});
