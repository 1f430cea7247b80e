/**
 * The trial: what is known of the last restore of a database's backups that was to leave a proof, whatever became of it. It is one object
 * in the database's folder, and not beside the backup: that one may be pruned before the next look.
 */
import * as z from 'zod';
import { PhaseliftError } from '../foundation/errors.js';
import type { Logger } from '../foundation/logger.js';
import { TRIAL_FILE } from './names.js';
import type { ObjectRef, ObjectStore } from './object-store.js';
import type { Store } from './store.js';

/** The format that this version writes, and the only one that it reads. */
export const TRIAL_FORMAT = 1;

/** Any name has the same folder. */
const ANY = 'x';
/** More than any trial has: names have 255 bytes at most, which JSON may escape by six. */
const MAX_BYTES = 8 * 1024;

const trialSchema = z.object({
  format: z.literal(TRIAL_FORMAT),
  /** As it was asked for: may be `latest`. */
  backupName: z.string().min(1),
  /** ISO 8601, UTC: when the restore had got past its checks, or had failed there. */
  beganAt: z.iso.datetime(),
  /** ISO 8601, UTC; null: it failed, or is still at work. */
  provenAt: z.iso.datetime().nullable(),
});

export type Trial = z.infer<typeof trialSchema>;

type Place = Pick<Store, 'backups' | 'objects'>;

/** Where it is or would be; null where one exact archive was asked for, which is in nobody's folder. */
export function trialRefOf({ backups }: Pick<Store, 'backups'>, database: string): ObjectRef | null {
  if (backups.namesOneArchive) return null;
  const { manifest } = backups.locate(database, ANY);
  const inFolder = (path: string): string => path.replace(/[^/]*$/, TRIAL_FILE);
  return { key: inFolder(manifest.key), uri: inFolder(manifest.uri) };
}

/** Writes it over the one before. Throws STORE. */
export async function writeTrial(store: Place, database: string, trial: Omit<Trial, 'format'>): Promise<void> {
  const object = trialRefOf(store, database);
  if (object === null) return;
  await store.objects.writeText(object, `${JSON.stringify({ format: TRIAL_FORMAT, ...trial }, null, 2)}\n`);
}

/** null without one, and with a warning for what is none. Throws STORE when that cannot be known. */
export async function readTrial(store: Place, database: string, logger: Logger): Promise<Trial | null> {
  const object = trialRefOf(store, database);
  const text = object === null ? null : await textOf(object, store.objects);
  if (object === null || text === null) return null;
  const parsed = trialSchema.safeParse(valueOf(text));
  if (parsed.success) return parsed.data;
  logger.warning(`${object.uri} does not count: it is not what a restore leaves there`);
  return null;
}

async function textOf(object: ObjectRef, objects: Pick<ObjectStore, 'readText'>): Promise<string | null> {
  return objects.readText(object, { firstBytes: MAX_BYTES + 1 }).catch((error: unknown) => {
    // A folder, say.
    if (error instanceof PhaseliftError && error.code === 'MANIFEST') return '';
    throw error;
  });
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
