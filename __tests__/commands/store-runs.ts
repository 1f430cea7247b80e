import type { Manifest, ManifestSummary } from '../../src/store/manifest.js';
import { writeManifest } from '../../src/store/manifest-text.js';
import { aheadKeyOf, newArchiveId } from '../../src/store/names.js';
import { OWN_MARK } from '../../src/store/s3/own-mark.js';
import { mapWhole } from '../archive/fixtures.js';
import { runAction, type ActionHandle, type ActionResult } from '../helpers/run-action.js';
import { sharedPostgres } from '../helpers/shared-servers.js';
import { TestBucket } from '../store/s3-bucket.js';
import { sampleManifest } from '../store/sample-manifest.js';
import { checked, s3Inputs, type Inputs } from './backup-runs.js';

/** Runs of the modes that look at the store only, by the built action, with a bucket of their own. No database is given. */
export class StoreRuns {
  private constructor(readonly bucket: TestBucket) {}

  static async create(): Promise<StoreRuns> {
    return new StoreRuns(await TestBucket.create());
  }

  inputs(mode: string, database: string, changes: Inputs = {}): Record<string, string> {
    const { bucket, prefix } = this.bucket.settings;
    return {
      mode,
      database,
      ...(changes['s3-uri'] === undefined ? { 's3-bucket': bucket, 's3-prefix': prefix } : {}),
      ...s3Inputs(),
      'pg-client': 'path',
      ...changes,
    };
  }

  /** `programs`: the directory of the tools on PATH. */
  async start(mode: string, database: string, changes: Inputs = {}, programs?: string): Promise<ActionHandle> {
    const PATH = `${programs ?? sharedPostgres().programs}:${process.env['PATH'] ?? ''}`;
    return runAction({ with: this.inputs(mode, database, changes), env: { PATH } });
  }

  /** Runs to the end, whatever that is. No secret may show. */
  async run(mode: string, database: string, changes: Inputs = {}, programs?: string): Promise<ActionResult> {
    return checked(await this.start(mode, database, changes, programs), this.inputs(mode, database, changes));
  }

  /** The same, for what must be well. */
  async succeed(mode: string, database: string, changes: Inputs = {}, programs?: string): Promise<ActionResult> {
    const result = await this.run(mode, database, changes, programs);
    if (result.exitCode !== 0) throw new Error(`the ${mode} failed:\n${result.stdout}${result.stderr}`);
    return result;
  }

  archiveKey(database: string, name: string): string {
    return `backups/${database}/${name}.dump`;
  }

  manifestKey(database: string, name: string): string {
    return `backups/${database}/${name}.manifest.json`;
  }

  uriOf(key: string): string {
    return `s3://${this.bucket.settings.bucket}/${key}`;
  }

  /** A complete backup as far as a listing can see: its archive is one byte. */
  async putBackup(
    database: string,
    name: string,
    takenAt: string,
    summary: Partial<ManifestSummary> = {},
  ): Promise<void> {
    await this.putLoneArchive(database, name);
    await this.putManifest(database, name, { takenAt, sizeBytes: 1, ...summary });
  }

  async putManifest(database: string, name: string, summary: Partial<ManifestSummary>): Promise<void> {
    const manifest = sampleManifest({ database, name, ...summary });
    await this.bucket.put(this.manifestKey(database, name), writeManifest(manifest));
  }

  /** What a run leaves that was killed before its archive took the place of another. */
  async putAhead(database: string, name: string): Promise<void> {
    const key = aheadKeyOf(this.manifestKey(database, name), newArchiveId());
    await this.bucket.put(key, writeManifest(sampleManifest({ database, name })));
  }

  /** What a run leaves that was killed before it wrote the manifest. */
  async putLoneArchive(database: string, name: string): Promise<void> {
    await this.bucket.put(this.archiveKey(database, name), 'x', OWN_MARK);
  }

  /** A real archive with its manifest, as a backup would have left them; `change` alters the manifest. */
  async putArchive(
    database: string,
    name: string,
    bytes: Buffer,
    change: (manifest: Manifest) => void = () => undefined,
  ): Promise<Manifest> {
    const etag = await this.bucket.put(this.archiveKey(database, name), bytes);
    const manifest = await manifestOf(bytes, { database, name }, etag);
    change(manifest);
    await this.bucket.put(this.manifestKey(database, name), writeManifest(manifest));
    return manifest;
  }

  /** Keys of a database's objects, and its open uploads, marked. */
  async visible(database: string): Promise<string[]> {
    const folder = `backups/${database}/`;
    const [keys, uploads] = await Promise.all([this.bucket.keys(folder), this.bucket.openUploads(folder)]);
    return [...keys, ...uploads.map((key) => `upload of ${key}`)].map((key) => key.replace(folder, '')).sort();
  }

  close(): void {
    this.bucket.close();
  }
}

/** The manifest that a backup of this archive has. */
async function manifestOf(bytes: Buffer, summary: Partial<ManifestSummary>, etag: string): Promise<Manifest> {
  const { map, head } = await mapWhole(bytes);
  const tables = map.blocks.filter(({ kind }) => kind === 'table');
  const known = tables.every(({ rows }) => rows !== null);
  const rows = known ? tables.reduce((sum, table) => sum + (table.rows ?? 0), 0) : null;
  const { sizeBytes, sha256 } = map;
  const { serverVersion, dumpVersion, compression } = head.header;
  const sample = sampleManifest({ ...summary, sizeBytes, rows, tables: tables.length, serverVersion, dumpVersion });
  return {
    ...sample,
    archive: { sha256, sizeBytes, etag, versionId: null, compression },
    map: { head: map.head, blocks: map.blocks },
  };
}
