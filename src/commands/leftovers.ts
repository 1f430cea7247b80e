import * as z from 'zod';
import type { LeftoverRegistry } from '../store/archive-writer.js';
import type { BackupRef } from '../store/backup-catalogue.js';
import type { StoreSettings } from '../store/create-store.js';
import type { DirectorySettings } from '../store/directory/directory-store.js';
import type { AtRest } from '../store/s3/at-rest.js';
import type { S3Settings } from '../store/s3/settings.js';

/**
 * Where the store is, without the credentials that open it: the post step takes those from its own inputs, and needs no keys, as it
 * reads no archive. They are `undefined` here because JSON leaves such members out.
 */
export type StorePlace =
  | ({ kind: 's3' } & Omit<S3Settings, 'credentials' | 'keys'> & { credentials?: undefined; keys?: undefined })
  | ({ kind: 'directory' } & DirectorySettings);

const atRestSchema: z.ZodType<AtRest> = z.object({
  encryption: z
    .union([
      z.object({ algorithm: z.literal('AES256') }),
      z.object({ algorithm: z.literal('aws:kms'), keyId: z.string().nullable() }),
    ])
    .nullable(),
  storageClass: z.string().nullable(),
  tags: z.array(z.object({ key: z.string(), value: z.string() })),
  bucketOwner: z.string().nullable(),
});

const placeSchema: z.ZodType<StorePlace> = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('s3'),
    bucket: z.string(),
    prefix: z.string(),
    exactKey: z.string().nullable(),
    region: z.string(),
    endpoint: z.string().nullable(),
    forcePathStyle: z.boolean(),
    verifySsl: z.boolean(),
    chunkSizeBytes: z.number().nullable(),
    maxRetries: z.number(),
    atRest: atRestSchema,
  }),
  z.object({ kind: z.literal('directory'), path: z.string() }),
]);

/** What a killed main step leaves behind, as the post step is told. No secrets: the state is a file on the runner. */
const leftoversSchema = z.object({
  store: placeSchema,
  upload: z.object({ key: z.string(), uploadId: z.string() }).nullable(),
  /** A manifest that was written ahead: the keys of the backup's objects, and the id of its archive. */
  ahead: z.object({ archive: z.string(), manifest: z.string(), archiveId: z.string() }).nullable(),
  containers: z.array(z.object({ runtime: z.enum(['docker', 'podman']), name: z.string() })),
});
/** See `leftoversSchema`. */
export type Leftovers = z.infer<typeof leftoversSchema>;

/** The name of the state between the main and the post step. */
export const LEFTOVERS_STATE = 'leftovers';

/** Reads what the main step saved; null when there is nothing to do. */
export function readLeftovers(state: string): Leftovers | null {
  if (state === '') return null;
  const leftovers = leftoversSchema.parse(JSON.parse(state));
  const { upload, ahead, containers } = leftovers;
  return upload === null && ahead === null && containers.length === 0 ? null : leftovers;
}

/** Keeps the saved state up to date with what exists outside of this process. */
export class SavedLeftovers implements LeftoverRegistry {
  private readonly leftovers: Leftovers;

  constructor(
    store: StoreSettings,
    private readonly saveState: (name: string, value: string) => void,
  ) {
    this.leftovers = { store: placeOf(store), upload: null, ahead: null, containers: [] };
  }

  uploadStarted(key: string, uploadId: string): void {
    this.leftovers.upload = { key, uploadId };
    this.save();
  }

  manifestAhead({ archive, manifest }: BackupRef, archiveId: string): void {
    this.leftovers.ahead = { archive: archive.key, manifest: manifest.key, archiveId };
    this.save();
  }

  uploadEnded(): void {
    this.leftovers.upload = null;
    this.leftovers.ahead = null;
    this.save();
  }

  containerStarted(container: Leftovers['containers'][number]): void {
    this.leftovers.containers.push(container);
    this.save();
  }

  containersEnded(): void {
    if (this.leftovers.containers.length === 0) return;
    this.leftovers.containers = [];
    this.save();
  }

  private save(): void {
    this.saveState(LEFTOVERS_STATE, JSON.stringify(this.leftovers));
  }
}

function placeOf(settings: StoreSettings): StorePlace {
  return settings.kind === 'directory' ? settings : { ...settings, credentials: undefined, keys: undefined };
}
