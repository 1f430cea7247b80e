/**
 * The manifest: what is stored beside an archive, written last. The schema here is the source of its type and of
 * docs/manifest.schema.json. Members that are not known are passed over, so that they can be added within a format.
 */
import * as z from 'zod';
import type { ArchiveMap } from '../archive/types.js';

/** The newest format that this version reads. Of an encrypted archive it is 2, so that versions that cannot open it say so; else 1. */
export const MANIFEST_FORMAT = 2;

/** How an archive is encrypted, as the first line of such a file says it. */
export const ENCRYPTION = 'age-encryption.org/v1';

const count = z.int().nonnegative();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal digits');
const time = z.iso.datetime().describe('ISO 8601, UTC');
const rows = count.nullable().describe('null where the contents could not be read');

export const summarySchema = z
  .object({
    database: z.string().min(1).describe('the database that was backed up'),
    name: z.string().min(1).describe('the name of the backup'),
    takenAt: time.describe('when the backup began, ISO 8601, UTC'),
    finishedAt: time.describe('when the archive was complete, ISO 8601, UTC'),
    sizeBytes: count.describe('of the archive, as it is stored'),
    encryption: z.literal(ENCRYPTION).optional().describe('of the archive; absent: it is stored as it is'),
    rows: count.nullable().describe('of all tables; null when those of a table are not known'),
    tables: count.describe('number of TABLE DATA entries'),
    serverVersion: z.string().describe('of the source'),
    dumpVersion: z.string().describe('of pg_dump'),
    phaseliftVersion: z.string(),
    archiveId: z.string().optional().describe('as in `archive`'),
    etag: z.string().min(1).nullable().optional().describe('as in `archive`: what a listing compares first'),
  })
  .describe('what a listing shows; alone on the first line of the file, within its first 4 KiB');

const archiveSchema = z.object({
  sha256: sha256.describe('identity of the archive: over the digests (32 bytes each) of head and segments, in order'),
  sizeBytes: count.describe('as it is stored'),
  plainBytes: count
    .optional()
    .describe('of what is inside, to which the map belongs; absent where it is not encrypted'),
  id: z
    .string()
    .optional()
    .describe('at random; the object carries the same in its metadata, as `archive-id`. Absent in a directory'),
  etag: z
    .string()
    .min(1)
    .nullable()
    .describe('as the store gave it, quotes included; null in a manifest that was written ahead of its archive'),
  versionId: z.string().nullable().describe('null where the store keeps no versions'),
  compression: z.object({
    algorithm: z.enum(['none', 'gzip', 'lz4', 'zstd']),
    level: z.int().nullable().describe('null where the archive does not say'),
  }),
});

const segmentSchema = z.object({
  offset: count.describe('bytes from the start of the archive'),
  length: z.int().positive().describe('bytes'),
  rows,
  sha256: sha256.describe("over the archive's bytes of this segment"),
  chunkBytesLeft: count.describe('bytes left, at the offset, of the chunk that it is inside of'),
  text: z
    .object({ bytes: count, adler32: z.int().min(0).max(0xffffffff) })
    .optional()
    .describe('of gzip that was compressed to be cut: what it decompresses to, the end of the block included'),
});

const blockSchema = z.object({
  dumpId: z.int().positive(),
  kind: z.enum(['table', 'large-objects']),
  offset: count.describe("bytes from the start of the archive to the block's type byte"),
  length: z.int().positive().describe('bytes'),
  rows,
  segments: z.array(segmentSchema).min(1).describe('tile the block without gaps'),
});

const mapSchema = z.object({
  head: z.object({ length: z.int().positive().describe('bytes of header and TOC'), sha256 }),
  blocks: z.array(blockSchema).describe('in the order of the archive'),
});

const relationSchema = z.object({
  kind: z.enum(['table', 'index']),
  schema: z.string(),
  name: z.string(),
  table: z.string().nullable().describe("the index's table, in the same schema; null for tables"),
  sizeBytes: count.describe('on the source, at backup time'),
  valid: z.boolean().nullable().describe('of an index; null for tables'),
  rowsEstimate: z.number().nonnegative().nullable().describe("the source's own estimate; null when it has none"),
  entryBytes: count
    .optional()
    .describe('of a large index: average bytes of its columns, each of full words of 8, as statistics have them'),
});

const roleSchema = z.object({
  name: z.string(),
  owns: count.describe('objects that it owns'),
  privileges: count.describe('objects whose GRANTs name it, the database among them'),
  defaultPrivileges: count.describe('default privileges of what it makes'),
  policies: count.describe('policies that are for it'),
  userMappings: count,
  settings: count.describe('settings that hold for it in the database'),
});

const rowSettingsSchema = z.object({
  timeZone: z.string().describe('TimeZone'),
  byteaOutput: z.string().describe('bytea_output'),
});

const sourceSchema = z.object({
  serverVersion: z.string(),
  options: z.object({
    compress: z.string().describe("as pg_dump's -Z takes it"),
    dumpOptions: z.array(z.string()).readonly().describe('further arguments of pg_dump'),
  }),
  relations: z.array(relationSchema),
  rowSettings: rowSettingsSchema
    .optional()
    .describe('settings of the session that change how rows are written. Absent in manifests of older versions'),
  roles: z
    .array(roleSchema)
    .optional()
    .describe('that the archive names: they are no part of it. Absent in manifests of older versions'),
});

const forRestoreSchema = z
  .object({ key: sha256.describe('over target and workflow run') })
  .optional()
  .describe(
    'of a backup that was made to be restored at once: what for, so that another try of the same run goes on with it',
  );

/** The manifest. It is stored like this, but for an encrypted archive. */
export const manifestSchema = z
  .object({
    format: z.union([z.literal(1), z.literal(2)]),
    summary: summarySchema,
    archive: archiveSchema,
    map: mapSchema.describe('where everything is in the archive'),
    source: sourceSchema.describe('the database that was backed up'),
    forRestore: forRestoreSchema,
  })
  .meta({ title: 'Manifest of a Phaselift backup' });

/** The manifest of an encrypted archive, as it is stored: what tells of the contents is encrypted too. */
export const sealedSchema = z
  .object({
    format: z.literal(2),
    summary: summarySchema,
    archive: archiveSchema,
    sealed: z
      .base64()
      .describe(
        'an object with `map` and `source` as JSON, compressed by gzip, then encrypted to the recipients of the archive',
      ),
    forRestore: forRestoreSchema,
  })
  .meta({ title: 'Manifest of an encrypted Phaselift backup' });

export type Manifest = z.infer<typeof manifestSchema>;
export type SealedManifest = z.infer<typeof sealedSchema>;
export type ManifestSummary = z.infer<typeof summarySchema>;
/** What of the source's settings changes the text of rows, and pg_dump leaves as it is. */
export type RowSettings = z.infer<typeof rowSettingsSchema>;
/** A table or index of the source, with its size there. */
export type SourceRelation = z.infer<typeof relationSchema>;

/** The manifest of an archive, with what its place calls it; the ETag is null ahead of the archive. */
export function withEtag<T extends Manifest | SealedManifest>(
  manifest: T,
  { etag, versionId }: Pick<Manifest['archive'], 'etag' | 'versionId'>,
): T {
  const { summary, archive } = manifest;
  return { ...manifest, summary: { ...summary, etag }, archive: { ...archive, etag, versionId } };
}

/** The archive map that a manifest holds. */
export function mapOf(manifest: Manifest): ArchiveMap {
  const { sizeBytes, plainBytes, sha256 } = manifest.archive;
  return { sizeBytes: plainBytes ?? sizeBytes, sha256, ...manifest.map };
}

/** The JSON schema of the manifest, as docs/manifest.schema.json has it. */
export function manifestJsonSchema(): Record<string, unknown> {
  // As input: a schema of output would forbid the members that later versions may add.
  return { ...z.toJSONSchema(z.union([manifestSchema, sealedSchema]), { io: 'input' }) };
}
