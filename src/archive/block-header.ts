import { encodeInt } from './integers.js';
import type { BlockMap } from './types.js';

/** BLK_DATA of pg_backup_custom.c. */
export const TABLE_BLOCK = 1;

/** BLK_BLOBS of pg_backup_custom.c. */
export const LARGE_OBJECTS_BLOCK = 3;

/** The bytes that begin a block: its type and the dump id of its entry. */
export function blockHeader(kind: BlockMap['kind'], dumpId: number, intSize: number): Buffer {
  const type = kind === 'table' ? TABLE_BLOCK : LARGE_OBJECTS_BLOCK;
  return Buffer.concat([Buffer.from([type]), encodeInt(dumpId, intSize)]);
}
