/** The objects of a bucket. */
import { PhaseliftError } from '../../foundation/errors.js';
import type { ListedObject, ObjectInfo, ObjectRef, ObjectStore, RangeRequest, TextBound } from '../object-store.js';
import { createClient, type S3Access } from './client.js';
import { objectsIn } from './folder.js';
import { getText, headObject, putText, removeObject } from './objects.js';
import { readRange } from './ranged-reader.js';

export class S3Objects implements ObjectStore {
  /** Ranged reads retry by themselves, from the byte they have reached; the SDK's retries would multiply with those. */
  private readonly readAccess: S3Access;

  constructor(private readonly access: S3Access) {
    this.readAccess = { ...access, client: createClient(access.settings, 1, access.client.config.credentials) };
  }

  async stat(object: ObjectRef): Promise<ObjectInfo | null> {
    return headObject(this.access, object.key);
  }

  read(object: ObjectRef, range: RangeRequest): AsyncIterable<Buffer> {
    return readRange(this.readAccess, object.key, range);
  }

  async readText(object: ObjectRef, bound?: TextBound): Promise<string | null> {
    return getText(this.access, object.key, bound);
  }

  async writeText(object: ObjectRef, text: string): Promise<ObjectInfo> {
    await putText(this.access, object.key, text);
    const info = await headObject(this.access, object.key);
    if (info?.sizeBytes === Buffer.byteLength(text)) return info;
    throw new PhaseliftError('STORE', `${object.uri} is not what was written just before`, {
      hint: 'Look for another run that writes to the same name.',
      object: object.uri,
    });
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return objectsIn(this.access, prefix);
  }

  async remove(object: ObjectRef): Promise<void> {
    await removeObject(this.access, object.key);
  }

  /** Of its own client; who made `access` ends that one. */
  close(): void {
    this.readAccess.client.destroy();
  }
}
