/**
 * The objects of a directory: manifests, proofs and trials, which are files, and archives, each read as the archive in custom format that its
 * files make (docs/adr/0008-virtual-archive.md). Both are found where they are by now, also while one is replaced.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { PhaseliftError } from '../../foundation/errors.js';
import { MAX_MANIFEST_BYTES } from '../manifest-bound.js';
import { MANIFEST_SUFFIX, PROOF_SUFFIX, TRIAL_FILE } from '../names.js';
import type { ListedObject, ObjectInfo, ObjectRef, ObjectStore, RangeRequest, TextBound } from '../object-store.js';
import { atPath, halfWritten } from './errors.js';
import type { Nature } from './layout.js';
import { backupNamesIn } from './listing.js';
import { readManifestFile, readManifestStart } from './manifest-file.js';
import { isDirectory, type OpenedArchives } from './opened-archive.js';
import { nullIfMissing, removeTree, writeDurably } from './small-files.js';
import { atStanding, findStanding } from './standing.js';

export class DirectoryObjects implements ObjectStore {
  constructor(
    private readonly path: string,
    private readonly nature: Nature,
    private readonly archives: OpenedArchives,
  ) {}

  async stat(object: ObjectRef): Promise<ObjectInfo | null> {
    if (this.nature === 'half an archive') throw halfWritten(this.path);
    if (isText(object)) return atText(object, statFile);
    if (!(await isDirectory((await findStanding(object.key)).directory))) return null;
    return (await this.archives.get(object)).info;
  }

  async *read(object: ObjectRef, { etag, ...range }: RangeRequest): AsyncGenerator<Buffer> {
    const { archive } = await this.archives.same(object, etag);
    yield* archive.read(range);
  }

  async readText(object: ObjectRef, bound: TextBound = {}): Promise<string | null> {
    const { firstBytes, maxBytes = MAX_MANIFEST_BYTES } = bound;
    return atText(object, (path) =>
      firstBytes === undefined ? readManifestFile(path, maxBytes) : readManifestStart(path, firstBytes),
    );
  }

  async writeText(object: ObjectRef, text: string): Promise<ObjectInfo> {
    await writeDurably(object.key, text);
    const info = await statFile(object.key);
    if (info !== null) return info;
    throw new PhaseliftError('STORE', `${object.uri} is gone just after it was written`, { object: object.uri });
  }

  /** Archives, manifests and proofs of backups; what is on its way, or going, is none of these. */
  async *list(prefix: string): AsyncGenerator<ListedObject> {
    const folder = prefix.endsWith('/') ? prefix : dirname(prefix);
    const wanted = prefix.endsWith('/') ? '' : basename(prefix);
    for (const name of await backupNamesIn(folder)) {
      if (!name.startsWith(wanted)) continue;
      const path = join(folder, name);
      for (const key of [path, `${path}${MANIFEST_SUFFIX}`, `${path}${PROOF_SUFFIX}`]) {
        const object = { key, uri: key };
        const info = await this.stat(object);
        if (info !== null) yield { object, ...info };
      }
    }
  }

  async remove(object: ObjectRef): Promise<void> {
    this.archives.forget(object);
    await removeTree(object.key);
  }
}

function isText(object: ObjectRef): boolean {
  return object.key.endsWith(MANIFEST_SUFFIX) || staysInPlace(object);
}

function staysInPlace({ key }: ObjectRef): boolean {
  return key.endsWith(PROOF_SUFFIX) || basename(key) === TRIAL_FILE;
}

/** Does the work where the text is by now: a manifest moves with its archive, a proof and a trial stay. */
function atText<T>(object: ObjectRef, work: (path: string) => Promise<T | null>): Promise<T | null> {
  const { key } = object;
  if (staysInPlace(object)) return work(key);
  return atStanding(key.slice(0, -MANIFEST_SUFFIX.length), ({ manifest }) => work(manifest));
}

async function statFile(path: string): Promise<ObjectInfo | null> {
  const stats = await atPath('read', path, () => stat(path).catch(nullIfMissing));
  if (stats === null) return null;
  const etag = `"${stats.size}-${stats.mtimeMs}"`;
  return { sizeBytes: stats.size, etag, versionId: null, lastModified: stats.mtime, isOurs: false, id: null };
}
