/** Whose an object is: what an upload of ours has put there, or what another run has. */
import { PhaseliftError } from '../../foundation/errors.js';
import { phrase, plain } from '../../foundation/text.js';
import type { ObjectInfo } from '../object-store.js';
import { uriOf, type S3Access } from './client.js';
import { headObject, removeObject, sameEtag } from './objects.js';

/**
 * What an upload has put into its place, or may have: told from what other runs put there by its id; where the store keeps
 * none, by the ETag that its completion gave, or would have given.
 */
export class OwnObject {
  constructor(
    private readonly access: S3Access,
    private readonly key: string,
    private readonly id: string,
    private readonly expectedEtag: () => string,
  ) {}

  /** The object when its completion was answered well: of the size that was sent, and nobody else's. */
  async check(sentBytes: number): Promise<ObjectInfo> {
    const uri = uriOf(this.access.settings, this.key);
    const info = await headObject(this.access, this.key);
    if (info === null) throw new PhaseliftError('STORE', `${uri} is gone just after it was written`);
    // Some stores tell neither id nor ETag.
    const isUnknown = info.id === null && this.expectedEtag() === '';
    if (!isUnknown && !this.isOwn(info)) throw overtaken(uri, true);
    if (info.sizeBytes === sentBytes) return { ...info, id: this.id };
    throw new PhaseliftError('STORE', `${uri} has ${info.sizeBytes} bytes, ${sentBytes} were sent`, {
      hint: 'Run the backup again; look at the store if it stays.',
    });
  }

  async isThere(): Promise<boolean> {
    const info = await headObject(this.access, this.key);
    return info !== null && this.isOwn(info);
  }

  async remove(): Promise<void> {
    if (await this.isThere()) await removeObject(this.access, this.key);
  }

  private isOwn({ id, etag }: ObjectInfo): boolean {
    if (id !== null) return id === this.id;
    const expected = this.expectedEtag();
    return expected !== '' && sameEtag(etag, expected);
  }
}

/**
 * Another run has put its own archive in the place, since this one looked. `replaced`: the place was taken before, too. Whatever
 * the cause, there is no advice to overwrite: the other run's backup is the newer one.
 */
export function overtaken(uri: string, replaced: boolean, cause?: unknown): PhaseliftError {
  const happened = replaced ? 'was replaced, or removed,' : 'was made';
  return new PhaseliftError('BACKUP_EXISTS', `${uri} ${happened} by another run meanwhile, and is left as it is`, {
    object: uri,
    hint: phrase`Give each run a ${plain('backup-name')} of its own, or run this one again once the other has ended.`,
    cause,
  });
}
