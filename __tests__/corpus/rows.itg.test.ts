import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Login } from '../../testbed/database-server.js';
import { backUp, type BackupTrial } from '../engine/backup-trial.js';
import { createDatabase, createRole, dropDatabase, quoteIdentifier, uniqueName } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { expectSameContents } from './contents.js';
import type { Inputs } from './ways.js';

const server = sharedPostgres();
let owner: Login;
const made: string[] = [];

beforeAll(async () => {
  owner = await createRole(server, { attributes: 'CREATEDB' });
});
afterAll(async () => {
  for (const name of made) await dropDatabase(server, name);
});

async function expectMoved(trial: BackupTrial, jobs: number): Promise<void> {
  const target = await trial.restore({ jobs, with: { verify: 'full' } });
  made.push(target.name);
  await expectSameContents({ server, name: trial.database }, target, { fewest: 10 });
}

describe('rows of many bytes', () => {
  /** A value of 300 MB is 600 MB as text, and a text ends at 1 GB. It takes a while, so only where it is asked for. */
  const isLong = process.env['PHASELIFT_TEST_LARGE_ROWS'] === '1';
  const ways: Inputs[] = [{ 'dump-jobs': '2', 'dump-compress': '1' }, ...(isLong ? [{}] : [])];

  test.each(isLong ? [60, 300] : [60])(
    'a value of %i MB moves, with several readers and compressed',
    async (megabytes) => {
      const sql = `CREATE TABLE large (id int PRIMARY KEY, value bytea);
      ALTER TABLE large ALTER value SET STORAGE EXTERNAL;
      INSERT INTO large VALUES (1, 'before'), (3, 'behind');
      WITH block AS (SELECT string_agg(decode(md5(n::text), 'hex'), '') AS b FROM generate_series(1, 62500) n)
        INSERT INTO large SELECT 2, string_agg(b, '') FROM block, generate_series(1, ${megabytes}) n;`;
      const source = await createDatabase(server, { sql, owner });
      made.push(source);
      expect(await server.psql(source, 'SELECT max(length(value)) FROM large')).toBe(String(megabytes * 1_000_000));
      for (const inputs of ways) await expectMoved(await backUp(server, source, owner, { with: inputs }), 2);
    },
  );
});

describe('databases of other encodings', () => {
  test.each([
    ['LATIN1', 'UTF8', `'grün ÿ' || chr(160)`],
    ['EUC_JP', 'UTF8', `'漢字 \\ '`],
    ['SQL_ASCII', 'SQL_ASCII', String.raw`E'\xff\xfe\x80 \\ not UTF-8'`],
  ])('a database in %s moves, with names in it', async (encoding, client, value) => {
    const source = uniqueName(encoding.toLowerCase());
    made.push(source);
    const create = `CREATE DATABASE ${source} OWNER ${quoteIdentifier(owner.user)} ENCODING '${encoding}' LOCALE 'C' TEMPLATE template0`;
    await server.psql('postgres', create);
    const name = encoding === 'EUC_JP' ? '"表 ""x"""' : '"tä ""x"""';
    const sql = `SET client_encoding = '${client}';
      CREATE SCHEMA ${name}; CREATE TABLE ${name}.${name} (${name} int PRIMARY KEY, v text DEFAULT ${value} CHECK (v <> ''));
      INSERT INTO ${name}.${name} (${name}) SELECT generate_series(1, 3000);
      CREATE FUNCTION ${name}.${name}() RETURNS text LANGUAGE sql AS $f$ SELECT ${value} $f$;
      CREATE TYPE ${name}.e AS ENUM (${name.replaceAll('""', '"').replace(/^"(.*)"$/, "'$1'")});
      COMMENT ON TABLE ${name}.${name} IS ${encoding === 'SQL_ASCII' ? String.raw`E'\xff\xfe'` : "'ein Wört'".replace('ö', encoding === 'EUC_JP' ? '字' : 'ö')};
      CREATE INDEX ON ${name}.${name} (v); SELECT lo_from_bytea(7, '\xff00');`;
    await server.psql(source, sql, owner);
    const trial = await backUp(server, source, owner, { with: { 'dump-jobs': '2', 'dump-compress': '1' } });
    const target = await trial.restore({ jobs: 2, strategy: 'after-data', with: { verify: 'full' } });
    made.push(target.name);
    const facts = `SELECT pg_encoding_to_char(encoding), datcollate FROM pg_database WHERE datname = '${target.name}'`;
    expect(await server.psql('postgres', facts)).toBe(`${encoding}|C`);
    await expectSameContents({ server, name: source }, target, { fewest: 10 });
  });
});
