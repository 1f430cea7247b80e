import type { ManifestSummary } from '../../src/store/manifest.js';
import { PROOF_FORMAT, type Proof } from '../../src/store/proof.js';
import { sampleManifest } from './sample-manifest.js';

/** The proof of the backup with this summary, or of that of the sample manifest. */
export function sampleProof(summary: ManifestSummary | null = null, changes: Partial<Proof> = {}): Proof {
  const { database, name, takenAt, finishedAt, sizeBytes, archiveId } = summary ?? sampleManifest().summary;
  const provenAt = '2026-07-15T05:00:00.000Z';
  return {
    format: PROOF_FORMAT,
    database,
    backup: {
      name,
      takenAt,
      finishedAt,
      sizeBytes,
      ...(archiveId === undefined ? {} : { archiveId }),
      sha256: 'ab'.repeat(32),
    },
    provenAt,
    seconds: 12.5,
    rows: 30,
    verify: 'full',
    serverMajor: 17,
    phaseliftVersion: '0.1.0',
    history: [{ provenAt, backupName: name, seconds: 12.5 }],
    ...changes,
  };
}
