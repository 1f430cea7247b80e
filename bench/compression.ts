/** What compression costs and saves, done by pg_dump and by many readers; on a server whose pg_dump knows zstd and lz4. */
import { backUp, compared, piped, UPLOAD } from './backup.js';
import { byTurns, type Outcome } from './by-turns.js';
import type { MeasuredAction } from './measure.js';
import { bytes, seconds, table, type Figure } from './table.js';
import { startStore, startWorkbench, type Workbench } from './workbench.js';

const VERSION = 17;
const READERS = '2';
const COMPRESSIONS = ['0', 'gzip:1', 'gzip', 'zstd', 'lz4'] as const;
const ZSTD_PIPE = 'pg_dump -Fc -Zzstd | aws s3 cp -';

export interface CompressionResults {
  figures: Figure[];
  table: string;
}

/** Backups in every compression, with one reader and with two; zstd beside pg_dump piped into the aws CLI. */
export async function benchCompression({ rowBytes, repeats, notes }: Workbench): Promise<CompressionResults> {
  const workbench = await startWorkbench(rowBytes, repeats, { version: VERSION });
  const s3 = await startStore(workbench, rowBytes * 3);
  try {
    await workbench.fillSource();
    const sizes = new Map<string, number>();
    const way = (compress: string, readers: string) => async (): Promise<MeasuredAction> => {
      const measured = await backUp(workbench, s3, { 'dump-compress': compress, 'dump-jobs': readers });
      sizes.set(nameOf(compress, readers), Number(measured.outputs['size-bytes']));
      return measured;
    };
    // lz4 is left to pg_dump.
    const pairs = COMPRESSIONS.flatMap((compress) =>
      (compress === 'lz4' ? ['1'] : ['1', READERS]).map((readers) => [compress, readers] as const),
    );
    const ways = Object.fromEntries(
      pairs.map(([compress, readers]) => [nameOf(compress, readers), way(compress, readers)]),
    );
    const outcomeOf = await byTurns(
      'compression',
      { ...ways, [ZSTD_PIPE]: piped(workbench, s3, `pg_dump -Fc -Zzstd | ${UPLOAD}`) },
      repeats,
    );
    notes.add(`Compression: PostgreSQL ${VERSION}, the same rows.`);
    const plainBytes = sizes.get(nameOf('0', '1')) ?? Number.NaN;
    const rows = pairs.map(([compress, readers]) => {
      const name = nameOf(compress, readers);
      return [compress, readers, ...cells(outcomeOf(name), sizes.get(name) ?? Number.NaN, plainBytes)];
    });
    const [two, pipe] = [outcomeOf(nameOf('zstd', READERS)), outcomeOf(ZSTD_PIPE)];
    return {
      figures: compared('backup with zstd, two readers', two, ZSTD_PIPE, pipe, { wall: { atMost: 0.5 } }),
      table: table(['dump-compress', 'dump-jobs', 'size', 'of the plain one', 'wall', 'CPU of the client'], rows),
    };
  } finally {
    await s3.stop();
    await workbench.postgres.stop();
  }
}

function nameOf(compress: string, readers: string): string {
  return `${compress}, ${readers}`;
}

function cells(outcome: Outcome, sizeBytes: number, plainBytes: number): string[] {
  if ('fault' in outcome) return [outcome.fault, '', '', ''];
  return [bytes(sizeBytes), (sizeBytes / plainBytes).toFixed(3), seconds(outcome.wallMs), seconds(outcome.cpuMs)];
}
