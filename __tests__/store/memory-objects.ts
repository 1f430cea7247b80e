import type { ListedObject, ObjectInfo, ObjectRef, ObjectStore, RangeRequest } from '../../src/store/object-store.js';

/** One object in memory under every name, which tells what was read of it. */
export class MemoryObjects implements ObjectStore {
  readonly ranges: RangeRequest[] = [];

  constructor(
    public bytes: Buffer,
    /** Of the pieces that a read gives. */
    private readonly pieceBytes = 10_000,
  ) {}

  stat(): Promise<ObjectInfo> {
    const etag = `"${this.bytes.length}"`;
    return Promise.resolve({
      sizeBytes: this.bytes.length,
      etag,
      versionId: null,
      lastModified: new Date(0),
      isOurs: true,
      id: null,
    });
  }

  async *read(_: ObjectRef, range: RangeRequest): AsyncGenerator<Buffer> {
    this.ranges.push(range);
    const wanted = this.bytes.subarray(range.offset, range.offset + range.length);
    for (let at = 0; at < wanted.length; at += this.pieceBytes) {
      await Promise.resolve();
      yield wanted.subarray(at, at + this.pieceBytes);
    }
  }

  readText(): Promise<string> {
    return Promise.resolve(this.bytes.toString());
  }

  writeText(_: ObjectRef, text: string): Promise<ObjectInfo> {
    this.bytes = Buffer.from(text);
    return this.stat();
  }

  async *list(): AsyncGenerator<ListedObject> {
    // Nobody lists it.
  }

  remove(): Promise<void> {
    return Promise.resolve();
  }
}
