import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BackupContents } from '../../src/report/run-report.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import type { ActionResult } from '../helpers/run-action.js';
import { BackupRuns, expectFailure, type Inputs } from './backup-runs.js';

const SQL = `
  CREATE SCHEMA app;
  CREATE TABLE app.orders (id int PRIMARY KEY, note text UNIQUE, total int);
  CREATE INDEX by_total ON app.orders (total);
  INSERT INTO app.orders SELECT g, 'order ' || g, g % 7 FROM generate_series(1, 5000) g;
  CREATE TABLE app.lines (order_id int REFERENCES app.orders, what text);
  INSERT INTO app.lines SELECT g, 'x' FROM generate_series(1, 10) g;
  CREATE TABLE public.parts (id int, at int) PARTITION BY LIST (at);
  CREATE TABLE public.parts_1 PARTITION OF public.parts FOR VALUES IN (1);
  CREATE INDEX ON public.parts (id);
  INSERT INTO public.parts VALUES (1, 1);
  CREATE TABLE public.empty (id int);
  CREATE VIEW app.view AS SELECT 1 AS x;
  CREATE MATERIALIZED VIEW app.totals AS SELECT total, count(*) FROM app.orders GROUP BY 1;
  CREATE FUNCTION app.f() RETURNS int LANGUAGE sql AS 'SELECT 1';
  COMMENT ON TABLE app.orders IS 'the orders';`;
/** A show needs no database. */
const SHOW: Inputs = { mode: 'show', 'source-host': '', 'source-port': '', 'source-user': '', 'source-password': '' };

let runs: BackupRuns;
let database: string;

beforeAll(async () => {
  runs = await BackupRuns.create();
  database = await createDatabase(runs.postgres, { sql: SQL });
  await runs.succeed(database, { 'dump-options': '--exclude-table-data=app.lines' });
});
afterAll(async () => {
  await dropDatabase(runs.postgres, database);
  runs.close();
});

function contentsOf({ outputs }: ActionResult): BackupContents & { leftOut: number } {
  return JSON.parse(outputs['contents'] ?? '') as BackupContents & { leftOut: number };
}

describe('mode show', () => {
  test('a backup is shown with its tables, rows, sizes and indexes, and no tools are needed', async () => {
    const shown = { ...SHOW, 'pg-client': 'container', 'pg-container': 'there-is-none' };
    const result = await runs.succeed(database, shown);
    const { schemas, tables, others, leftOut } = contentsOf(result);
    expect({ schemas, others, leftOut }).toEqual({
      schemas: ['app', 'public'],
      others: { 'FK CONSTRAINT': 1, FUNCTION: 1, SCHEMA: 1, VIEW: 1 },
      leftOut: 0,
    });
    expect(tables.map(({ schema, name, rows }) => `${schema}.${name} ${rows}`)).toEqual([
      'app.orders 5000',
      'public.parts_1 1',
      'public.empty 0',
      'app.lines null',
      'app.totals null',
      'public.parts null',
    ]);
    const [orders] = tables;
    expect(orders?.sizeBytes).toBeGreaterThan(5000 * 10);
    expect(orders?.sourceBytes).toBeGreaterThan(100_000);
    expect(orders?.indexes.map(({ name }) => name).sort()).toEqual(['by_total', 'orders_note_key', 'orders_pkey']);
    for (const { sourceBytes } of orders?.indexes ?? []) expect(sourceBytes).toBeGreaterThan(16_000);
    expect(result.stdout).toMatch(/^TABLE +ROWS +SIZE +AT SOURCE +INDEXES +AT SOURCE$/m);
    expect(result.stdout).toMatch(/^app\.orders +5,000 +\d/m);
    expect(result.stdout).toMatch(/^2 schemas: app, public$/m);
    expect(result.summary).toMatch(/^## ✅ Contents of a backup of <code>/);
    expect(result.summary).toMatch(/<code>app\.orders<\/code> \| 5,000 \|/);
    expect(result.outputs).toMatchObject({ 'backup-name': 'one', 'row-count': '5001', 'table-count': '3' });
    expect(result.annotations).toEqual([]);
  });

  test('the newest backup can be shown, and a copy without its manifest, as far as it tells by itself', async () => {
    expect(contentsOf(await runs.succeed(database, { ...SHOW, 'backup-name': 'latest' })).tables).toHaveLength(6);
    await runs.bucket.put(`${database}/copy.dump`, await runs.bucket.get(`${database}/one.dump`));
    const uri = `s3://${runs.bucket.settings.bucket}/${database}/copy.dump`;
    const bare = await runs.succeed(database, { ...SHOW, 'backup-name': '', 's3-bucket': '', 's3-uri': uri });
    const [orders] = contentsOf(bare).tables;
    expect(orders).toMatchObject({ name: 'orders', rows: 5000, sourceBytes: null });
    expect(orders?.indexes).toHaveLength(3);
  });

  test('a backup that is not there cannot be shown', async () => {
    expectFailure(
      await runs.run(database, { ...SHOW, 'backup-name': 'other' }),
      /other/,
      /`backup-name: latest` takes the newest/,
    );
  });
});
