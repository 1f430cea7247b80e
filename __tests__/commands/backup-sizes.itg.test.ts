import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { manifestSchema } from '../../src/store/manifest.js';
import { createDatabase, dropDatabase } from '../helpers/databases.js';
import { BackupRuns, checked } from './backup-runs.js';
import { expectDigests } from './digests.js';

const MIB = 1024 * 1024;

let runs: BackupRuns;

beforeAll(async () => {
  runs = await BackupRuns.create();
});

afterAll(() => {
  runs.close();
});

/** Bytes that a process has caused to be written to disk, as far as the kernel still says. */
function bytesWrittenBy(pid: number): number | null {
  try {
    return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
  } catch {
    return null;
  }
}

describe('a large backup', () => {
  // bytea doubles: the archive is twice as large as the table.
  const sql = `CREATE UNLOGGED TABLE large AS SELECT decode(repeat(md5(g::text), 32), 'hex') AS b FROM generate_series(1, 76800) g`;
  let database: string;

  beforeAll(async () => {
    database = await createDatabase(runs.postgres, { sql });
  });

  afterAll(async () => {
    await dropDatabase(runs.postgres, database);
  });

  test('a large backup goes up in equal parts, past the disk, and is mapped in segments', async () => {
    const inputs = { 's3-chunk-size': '6MB', 'backup-name': 'large' };
    const handle = await runs.start(database, inputs);
    const written: number[] = [];
    const timer = setInterval(() => {
      const bytes = bytesWrittenBy(handle.pid);
      if (bytes !== null) written.push(bytes);
    }, 20);
    const result = await checked(handle, runs.inputs(database));
    clearInterval(timer);
    expect(result.exitCode).toBe(0);

    const bytes = await runs.bucket.get(`${database}/large.dump`);
    expect(bytes.length).toBeGreaterThan(72 * MIB);
    expect(Math.max(...written)).toBeLessThan(MIB);
    expect(result.leftFiles).toEqual([]);
    const text = (await runs.bucket.get(`${database}/large.manifest.json`)).toString('utf8');
    const manifest = manifestSchema.parse(JSON.parse(text));
    expectDigests(manifest, bytes);
    expect(manifest.archive.etag).toMatch(new RegExp(`-${Math.ceil(bytes.length / (6 * MIB))}"$`));
    // Of 16 MiB each, and a rest.
    const segments = manifest.map.blocks[0]?.segments ?? [];
    expect(segments).toHaveLength(Math.ceil((bytes.length - manifest.map.head.length) / (16 * MIB)));
    for (const { rows } of segments) expect(rows).toBeGreaterThan(0);
  });

  test('a large backup was estimated by its rows, and its parts were chosen after that', async () => {
    const result = await runs.succeed(database, { 'backup-name': 'estimated' });
    const line = result.lines.find((text) => text.startsWith('the archive will have about')) ?? '';
    const estimate = Number(/about (\d+(?:\.\d+)?) MiB before/.exec(line)?.[1]) * MIB;
    const size = Number(result.outputs['size-bytes']);
    expect(estimate).toBeGreaterThan(0.8 * size);
    expect(estimate).toBeLessThan(1.3 * size);
    expect(line).toMatch(/in parts of 8 MiB$/);
  });
});

describe('a backup of very many tables', () => {
  test('a backup of very many tables has a summary, outputs and a log that the runner takes', async () => {
    const sql = `DO $$ BEGIN FOR i IN 1..3000 LOOP EXECUTE format('CREATE TABLE %I (a int)', repeat('long ', 10) || i); END LOOP; END $$`;
    const database = await createDatabase(runs.postgres, { sql });
    try {
      const result = await runs.succeed(database);
      expect(result.outputs['table-count']).toBe('3000');
      expect(Buffer.byteLength(result.summary)).toBeLessThan(MIB);
      expect(Buffer.byteLength(JSON.stringify(result.outputs))).toBeLessThan(MIB);
      expect(result.lines.length).toBeLessThan(100);
      expect(result.annotations).toEqual([]);
    } finally {
      await dropDatabase(runs.postgres, database);
    }
  });
});
