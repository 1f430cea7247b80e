/** Head and map of an archive, wherever it is: a file, a directory archive, a backup in a directory or in S3. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { parseHead } from '../src/archive/head.js';
import { mapStream } from '../src/archive/map-stream.js';
import type { ArchiveContents } from '../src/archive/types.js';
import { ofArchive, PhaseliftError } from '../src/foundation/errors.js';
import type { Logger } from '../src/foundation/logger.js';
import { InputReader } from '../src/inputs/reader.js';
import { readStore } from '../src/inputs/store-settings.js';
import type { WholeArchive } from '../src/store/backup-catalogue.js';
import { createStore } from '../src/store/create-store.js';
import { mapOf } from '../src/store/manifest.js';
import { parseManifest } from '../src/store/manifest-text.js';
import { keysOfExact, LATEST } from '../src/store/names.js';

/** An archive that is understood without its rows. */
export interface KnownArchive extends ArchiveContents {
  uri: string;
  /** Where the map comes from: the URI of the manifest that saved reading the archive; null when the archive was read. */
  manifestUri: string | null;
}

/** An archive, by what can be asked of each kind of place. */
interface Place {
  uri: string;
  sizeBytes: number;
  manifest: { text: string; uri: string } | null;
  /** The first bytes. */
  start(length: number): AsyncIterable<Buffer>;
  whole(): Promise<WholeArchive>;
  close(): void;
}

/**
 * Opens what `name` says: an `s3://bucket/key`, or a path. The environment variables of the inputs say how S3 is reached.
 * Throws PhaseliftError for what is not there, is no archive, or is damaged.
 */
export async function openAnyArchive(name: string, env: NodeJS.ProcessEnv, log: Logger): Promise<KnownArchive> {
  const place = await find(name, env, log);
  try {
    return place.manifest === null ? await read(place) : await readHeadOnly(place, place.manifest);
  } catch (error) {
    throw error instanceof PhaseliftError ? ofArchive(place.uri, error) : error;
  } finally {
    place.close();
  }
}

async function find(name: string, env: NodeJS.ProcessEnv, log: Logger): Promise<Place> {
  if (name.startsWith('s3://')) return inStore({ 's3-uri': name }, env, log);
  const path = resolve(name);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new PhaseliftError('INPUT', `${path} does not exist`, { object: path });
  return stats.isDirectory() ? inStore({ 'local-directory': path }, env, log) : inFile(path, stats.size);
}

async function inFile(path: string, sizeBytes: number): Promise<Place> {
  const uri = keysOfExact(path).manifest;
  return {
    uri: path,
    sizeBytes,
    manifest: existsSync(uri) ? { text: await readFile(uri, 'utf8'), uri } : null,
    start: (length) => createReadStream(path, { end: length - 1 }) as AsyncIterable<Buffer>,
    whole: () => Promise.resolve({ bytes: createReadStream(path) as AsyncIterable<Buffer>, wholeBlocks: new Set() }),
    close: () => undefined,
  };
}

async function inStore(inputs: Record<string, string>, env: NodeJS.ProcessEnv, log: Logger): Promise<Place> {
  const reader = new InputReader({
    get: (name) => inputs[name] ?? '',
    env,
    help: 'S3 is reached by the environment variables that the README names beside the inputs.',
  });
  const settings = readStore(reader);
  reader.throwIfFaulty();
  const store = createStore(settings, log);
  try {
    if (!store.backups.namesOneArchive) {
      throw new PhaseliftError('INPUT', `${store.backups.uri} is not an archive: it has no toc.dat`, {
        object: store.backups.uri,
        hint: 'Of a directory with backups name one: DIR/DATABASE/NAME.',
      });
    }
    // The one archive stands for every name, of whatever database.
    const ref = store.backups.locate('any', LATEST);
    const object = ref.archive;
    const { archive: info, manifest, belongs } = await store.backups.readManifest(ref);
    if (info === null) throw new PhaseliftError('BACKUP_NOT_FOUND', `${object.uri} does not exist`);
    const { signal } = new AbortController();
    return {
      uri: object.uri,
      sizeBytes: info.sizeBytes,
      manifest: belongs ? manifest : null,
      start: (length) => store.objects.read(object, { offset: 0, length, etag: info.etag, signal }),
      whole: () => store.backups.readWhole(object, info, signal),
      close: () => {
        store.close();
      },
    };
  } catch (error) {
    store.close();
    throw error;
  }
}

/** Reads all of it. */
async function read(place: Place): Promise<KnownArchive> {
  const { bytes, wholeBlocks } = await place.whole();
  const contents = await mapStream(bytes, () => undefined, { wholeBlocks });
  return { uri: place.uri, ...contents, manifestUri: null };
}

/** Takes the manifest's map, after a look at whether it is of this archive. */
async function readHeadOnly(place: Place, { text, uri }: { text: string; uri: string }): Promise<KnownArchive> {
  const map = mapOf(parseManifest(text, uri));
  const bytes = await buffer(place.start(map.head.length));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (map.sizeBytes === place.sizeBytes && sha256 === map.head.sha256) {
    return { uri: place.uri, head: parseHead(bytes), map, manifestUri: uri };
  }
  throw new PhaseliftError('MANIFEST', `the manifest ${uri} does not describe its archive`, {
    object: uri,
    hint: 'Move the manifest out of the way to have the archive read.',
  });
}
