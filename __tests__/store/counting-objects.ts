import type {
  ListedObject,
  ObjectInfo,
  ObjectRef,
  ObjectStore,
  RangeRequest,
  TextBound,
} from '../../src/store/object-store.js';

/** Stands before another store of objects and counts what is asked of it: the least that a decorator does. */
export class CountingObjects implements ObjectStore {
  readonly calls = new Map<keyof ObjectStore, number>();

  constructor(private readonly below: ObjectStore) {}

  stat(object: ObjectRef): Promise<ObjectInfo | null> {
    return this.counted('stat').stat(object);
  }

  read(object: ObjectRef, range: RangeRequest): AsyncIterable<Buffer> {
    return this.counted('read').read(object, range);
  }

  readText(object: ObjectRef, bound?: TextBound): Promise<string | null> {
    return this.counted('readText').readText(object, bound);
  }

  writeText(object: ObjectRef, text: string): Promise<ObjectInfo> {
    return this.counted('writeText').writeText(object, text);
  }

  list(prefix: string): AsyncIterable<ListedObject> {
    return this.counted('list').list(prefix);
  }

  remove(object: ObjectRef): Promise<void> {
    return this.counted('remove').remove(object);
  }

  private counted(call: keyof ObjectStore): ObjectStore {
    this.calls.set(call, (this.calls.get(call) ?? 0) + 1);
    return this.below;
  }
}
