/**
 * Objects as they are inside of their encryption, for whoever has an identity: a read of a range asks for the chunks that it touches,
 * and opens them. What is not encrypted is read as it is. docs/adr/0030-encrypted-for-recipients.md
 */
import { ChunkOpener } from '../age/chunk-opener.js';
import { isEncrypted, MOST_HEADER_BYTES, openStart } from '../age/header.js';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES, shapeOf, type PayloadShape } from '../age/payload.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { ListedObject, ObjectInfo, ObjectRef, ObjectStore, RangeRequest, TextBound } from './object-store.js';
import { notOpened } from './not-opened.js';

/** An encrypted object that was opened. */
interface Opened {
  key: Buffer;
  /** Where its first chunk begins, bytes. */
  payloadAt: number;
  shape: PayloadShape;
}

export class OpenedObjects implements ObjectStore {
  /** By place and ETag; null is an object that is not encrypted. */
  private readonly known = new Map<string, Promise<Opened | null>>();

  constructor(
    private readonly below: ObjectStore,
    private readonly identities: readonly string[],
  ) {}

  stat(object: ObjectRef): Promise<ObjectInfo | null> {
    return this.below.stat(object);
  }

  readText(object: ObjectRef, bound?: TextBound): Promise<string | null> {
    return this.below.readText(object, bound);
  }

  writeText(object: ObjectRef, text: string): Promise<ObjectInfo> {
    return this.below.writeText(object, text);
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return this.below.list(prefix);
  }

  remove(object: ObjectRef): Promise<void> {
    return this.below.remove(object);
  }

  /** Bytes that a read of this object gives. */
  async readableBytes(object: ObjectRef, info: ObjectInfo): Promise<number> {
    return (await this.open(object, info.etag))?.shape.plainBytes ?? info.sizeBytes;
  }

  async *read(object: ObjectRef, range: RangeRequest): AsyncGenerator<Buffer, void, undefined> {
    const opened = await this.open(object, range.etag);
    if (opened === null) yield* this.below.read(object, range);
    else yield* this.readOpened(object, range, opened);
  }

  private async *readOpened(
    object: ObjectRef,
    range: RangeRequest,
    { key, payloadAt, shape }: Opened,
  ): AsyncGenerator<Buffer, void, undefined> {
    const end = range.offset + range.length;
    if (end > shape.plainBytes) throw endsEarly(object, shape.plainBytes, end);
    if (range.length === 0) return;
    const first = Math.floor(range.offset / CHUNK_BYTES);
    const offset = first * SEALED_CHUNK_BYTES;
    const length = Math.min(Math.ceil(end / CHUNK_BYTES) * SEALED_CHUNK_BYTES, shape.sealedBytes) - offset;
    const opener = new ChunkOpener(key, shape, first);
    let at = first * CHUNK_BYTES;
    for await (const piece of this.below.read(object, { ...range, offset: payloadAt + offset, length })) {
      for (const chunk of opener.push(piece)) {
        if (chunk === null) throw notWhatWasSealed(object, at, shape);
        const wanted = chunk.subarray(Math.max(0, range.offset - at), end - at);
        at += chunk.length;
        if (wanted.length > 0) yield wanted;
      }
    }
  }

  /** An object is looked at once, as long as it stays the same. */
  private open(object: ObjectRef, etag: string | undefined): Promise<Opened | null> {
    if (etag === undefined) return this.openAnew(object, etag);
    const place = JSON.stringify([object.key, etag]);
    const known = this.known.get(place);
    if (known !== undefined) return known;
    const opening = this.openAnew(object, etag);
    this.known.set(place, opening);
    void opening.catch(() => this.known.delete(place));
    return opening;
  }

  private async openAnew(object: ObjectRef, etag: string | undefined): Promise<Opened | null> {
    const info = await this.below.stat(object);
    // Whoever reads it is told so.
    if (info === null || info.sizeBytes === 0) return null;
    const length = Math.min(info.sizeBytes, MOST_HEADER_BYTES);
    const pieces: Buffer[] = [];
    for await (const piece of this.below.read(object, { offset: 0, length, etag })) pieces.push(piece);
    const beginning = Buffer.concat(pieces);
    if (!isEncrypted(beginning)) return null;
    const start = await openStart(beginning, this.identities);
    if (start === 'no identity') throw notOpened(`the archive ${object.uri}`, this.identities);
    const shape = start === 'damaged' ? null : shapeOf(info.sizeBytes - start.bytes.length);
    if (start === 'damaged' || shape === null) throw damagedEnvelope(object, start === 'damaged');
    return { key: start.payloadKey, payloadAt: start.bytes.length, shape };
  }
}

const ANOTHER = 'Restore another backup: this one was changed, or cut off, after it was stored.';

function notWhatWasSealed(object: ObjectRef, at: number, { chunks }: PayloadShape): PhaseliftError {
  const number = at / CHUNK_BYTES + 1;
  const message = `the archive ${object.uri} is damaged: chunk ${number} of ${chunks} of its encryption (from byte ${at} of what is inside) was changed, moved or cut off`;
  return new PhaseliftError('ARCHIVE_DAMAGED', message, { object: object.uri, hint: ANOTHER });
}

function damagedEnvelope(object: ObjectRef, isHeader: boolean): PhaseliftError {
  const what = isHeader
    ? 'the header of its encryption was changed'
    : 'it was cut off inside of a chunk of its encryption';
  return new PhaseliftError('ARCHIVE_DAMAGED', `the archive ${object.uri} is damaged: ${what}`, {
    object: object.uri,
    hint: ANOTHER,
  });
}

function endsEarly(object: ObjectRef, plainBytes: number, end: number): PhaseliftError {
  const message = `the archive ${object.uri} ends at ${plainBytes} bytes inside of its encryption, before byte ${end}`;
  return new PhaseliftError('ARCHIVE_TRUNCATED', message, { object: object.uri, hint: ANOTHER });
}
