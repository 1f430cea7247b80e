/**
 * What an index costs when it is filled as the rows come, and what when it is built after them: time, and temporary files by
 * how much memory the build may use. The cost model of `index-strategy: auto` is calibrated by it (ADR 25).
 */
import { OWNER, recreateDatabase, tempFiles } from './database.js';
import { bytes, seconds, table } from './table.js';
import { say, type Workbench } from './workbench.js';

const DATABASE = 'bench_indexes';
const ROW_BYTES = 217;

interface IndexKind {
  title: string;
  /** What stands behind `ON events`. */
  on: string;
}

const KINDS: readonly IndexKind[] = [
  { title: 'btree, bigint in order', on: '(id)' },
  { title: 'btree, uuid at random', on: '(visitor)' },
  { title: 'btree, text of 90 bytes', on: '(url)' },
  { title: 'btree, few values', on: '(kind)' },
  { title: 'hash, uuid', on: 'USING hash (visitor)' },
  { title: 'gin, words', on: 'USING gin (words)' },
  { title: 'gist, point', on: 'USING gist (place)' },
  { title: 'gist, range', on: 'USING gist (during)' },
  { title: 'spgist, text', on: 'USING spgist (url)' },
  { title: 'brin, time', on: 'USING brin (at)' },
];

/** Parts of an index's size that a build gets as memory, to see from where on it writes no temporary files. */
const MEMORY = [0.25, 1, 2, 3, 4] as const;

/** The table of all kinds. */
export async function benchIndexCosts({ postgres, rowBytes }: Workbench): Promise<string> {
  await recreateDatabase(postgres, DATABASE);
  const run = (sql: string) => postgres.psql(DATABASE, sql, OWNER);
  const timed = async (sql: string): Promise<number> => {
    const startedAt = performance.now();
    await run(sql);
    return performance.now() - startedAt;
  };
  const rows = Math.ceil(rowBytes / ROW_BYTES);
  await run(`
    CREATE TABLE source AS
      SELECT i::bigint AS id, md5('v' || i)::uuid AS visitor, timestamptz '2024-01-01Z' + i * interval '3.7 seconds' AS at,
             (ARRAY['view', 'click', 'order', 'return'])[1 + i % 4] AS kind,
             'https://shop.example/' || md5('u' || i) || '/' || md5('w' || i) AS url,
             ARRAY[i % 97, i % 1009, i % 10007] AS words, point(hashint4(i), hashint4(-i)) AS place,
             int8range(hashint4(i), hashint4(i)::bigint + i % 1000 + 1) AS during
      FROM generate_series(1, ${rows}) i;`);
  const emptied = 'DROP TABLE IF EXISTS events; CREATE TABLE events (LIKE source);';
  const load = 'INSERT INTO events SELECT * FROM source;';
  await run(emptied + load);
  await run(emptied);
  const rowsAlone = await timed(load);
  const lines: string[][] = [];
  for (const { title, on } of KINDS) {
    await run(`${emptied} CREATE INDEX i ON events ${on};`);
    const filledMs = (await timed(load)) - rowsAlone;
    const builds: { ms: number; tempBytes: number }[] = [];
    let sizeBytes = 0;
    for (const part of [1, ...MEMORY]) {
      await run('DROP INDEX i;');
      const memory = Math.max(1024, Math.ceil((sizeBytes * part) / 1024));
      const before = await tempFiles(postgres, DATABASE);
      const ms = await timed(
        `SET max_parallel_maintenance_workers = 0; SET maintenance_work_mem = '${memory}kB'; CREATE INDEX i ON events ${on};`,
      );
      const tempBytes = (await tempFiles(postgres, DATABASE)).bytes - before.bytes;
      // The first build only tells the size; what follows it is held against that.
      if (sizeBytes > 0) builds.push({ ms, tempBytes });
      sizeBytes = Number(await run(`SELECT pg_relation_size('i')`));
    }
    const [small] = builds;
    const large = builds.at(-1);
    if (small === undefined || large === undefined) throw new Error('no build');
    lines.push([
      title,
      bytes(sizeBytes),
      seconds(filledMs),
      seconds(small.ms),
      seconds(large.ms),
      ...builds.map(({ tempBytes }) => (tempBytes / sizeBytes).toFixed(2)),
    ]);
    say(`index-costs: ${lines.at(-1)?.join(', ') ?? ''}`);
  }
  return table(
    [
      'index',
      'size',
      'filled with the rows',
      `built, memory ${MEMORY[0]} of its size`,
      `built, memory ${MEMORY.at(-1) ?? 0} times its size`,
      ...MEMORY.map((part) => `temp / size, memory ${part} x`),
    ],
    lines,
  );
}
