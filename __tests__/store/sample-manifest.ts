import type { Manifest, ManifestSummary } from '../../src/store/manifest.js';

const DIGEST = 'ab'.repeat(32);

/** A manifest of an archive of 1,000 bytes with two blocks, the first in two segments. */
export function sampleManifest(summary: Partial<ManifestSummary> = {}): Manifest {
  const segment = (offset: number, length: number, rows: number) => ({
    offset,
    length,
    rows,
    sha256: DIGEST,
    chunkBytesLeft: 0,
  });
  return {
    format: 1,
    summary: {
      database: 'app',
      name: 'n',
      takenAt: '2026-01-02T03:04:05.000Z',
      finishedAt: '2026-01-02T03:05:05.000Z',
      sizeBytes: 1000,
      rows: 30,
      tables: 2,
      serverVersion: '15.20',
      dumpVersion: '15.20',
      phaseliftVersion: '0.1.0',
      ...summary,
    },
    archive: {
      sha256: DIGEST,
      sizeBytes: 1000,
      etag: '"etag"',
      versionId: null,
      compression: { algorithm: 'none', level: null },
    },
    map: {
      head: { length: 100, sha256: DIGEST },
      blocks: [
        {
          dumpId: 7,
          kind: 'table',
          offset: 100,
          length: 500,
          rows: 20,
          segments: [segment(100, 300, 12), segment(400, 200, 8)],
        },
        { dumpId: 9, kind: 'table', offset: 600, length: 400, rows: 10, segments: [segment(600, 400, 10)] },
      ],
    },
    source: {
      serverVersion: '15.20',
      options: { compress: '0', dumpOptions: ['--exclude-table-data=app.log'] },
      relations: [
        { kind: 'table', schema: 'app', name: 't', table: null, sizeBytes: 8192, valid: null, rowsEstimate: 20 },
        { kind: 'index', schema: 'app', name: 'i', table: 't', sizeBytes: 8192, valid: true, rowsEstimate: null },
      ],
    },
  };
}
