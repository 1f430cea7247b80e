import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { encodeInt } from '../../../src/archive/integers.js';
import type { ArchiveHead, TocEntry } from '../../../src/archive/types.js';
import { DirectoryArchive } from '../../../src/store/directory/directory-archive.js';
import { blockOf, bytesOf, contentsOf, fixture, mapWhole } from '../../archive/fixtures.js';

export type Method = 'none' | 'gzip' | 'zstd' | 'lz4';

/** Made alike by pg_dump: what a file's name ends with, and what is in it. (To us lz4 is any bytes: they are passed on.) */
const METHODS: Readonly<Record<Method, { ending: string; pack: (contents: Buffer) => Buffer }>> = {
  none: { ending: '', pack: (contents) => contents },
  gzip: { ending: '.gz', pack: (contents) => gzipSync(contents) },
  zstd: { ending: '.zst', pack: (contents) => (contents.length === 0 ? contents : zstdCompressSync(contents)) },
  lz4: { ending: '.lz4', pack: (contents) => contents },
};

/** A directory archive with the contents of an archive in custom format without compression. */
export interface FixtureDirectory {
  path: string;
  /** The archive that it was made of. */
  head: ArchiveHead;
  toc: Buffer;
  /** What is in the file with the data of an entry, and how that file is called, without its ending. */
  fileOf(desc: string, tag?: string): string;
  remove(): Promise<void>;
}

export async function fixtureDirectory(
  name: string,
  method: Method,
  grow = (contents: Buffer): Buffer => contents,
): Promise<FixtureDirectory> {
  const bytes = fixture(name);
  const { head, map } = await mapWhole(bytes);
  const path = await mkdtemp(join(tmpdir(), 'phaselift-fixture-'));
  const { ending, pack } = METHODS[method];
  for (const entry of head.entries.filter(({ hasData }) => hasData)) {
    const block = bytesOf(bytes, blockOf(map, entry));
    if (entry.desc !== 'BLOBS') {
      await writeFile(join(path, fileName(entry) + ending), pack(grow(contentsOf(block))));
      continue;
    }
    const list: string[] = [];
    for (const { oid, contents } of objectsIn(block)) {
      list.push(`${oid} blob_${oid}.dat\n`);
      await writeFile(join(path, `blob_${oid}.dat${ending}`), pack(contents));
    }
    await writeFile(join(path, fileName(entry)), list.join(''));
  }
  const toc = tocOf(head);
  await writeFile(join(path, 'toc.dat'), toc);
  return {
    path,
    head,
    toc,
    fileOf(desc, tag) {
      const entry = head.entries.find((one) => one.desc === desc && (tag === undefined || one.tag === tag));
      if (entry === undefined) throw new Error(`no ${desc} ${tag ?? ''}`);
      return fileName(entry) + (desc === 'BLOBS' ? '' : ending);
    },
    remove: () => rm(path, { recursive: true }),
  };
}

function fileName({ desc, dumpId }: TocEntry): string {
  return desc === 'BLOBS' ? `blobs_${dumpId}.toc` : `${dumpId}.dat`;
}

/** The opposite of customHead(), written from pg_dump's sources once more. */
function tocOf({ bytes, entries, entryCountAt, header }: ArchiveHead): Buffer {
  const start = Buffer.from(bytes.subarray(0, entryCountAt + 1 + header.intSize));
  start[10] = 3;
  const named = entries.flatMap((entry) => {
    const name = Buffer.from(entry.hasData ? fileName(entry) : '');
    return [bytes.subarray(entry.start, entry.offsetFlagAt), encodeInt(name.length, header.intSize), name];
  });
  return Buffer.concat([start, ...named]);
}

function objectsIn(block: Buffer): { oid: number; contents: Buffer }[] {
  const objects: { oid: number; contents: Buffer }[] = [];
  for (let at = 6; ;) {
    const oid = block.readInt32LE(at + 1);
    at += 5;
    if (oid === 0) return objects;
    const chunks: Buffer[] = [];
    for (let length = block.readInt32LE(at + 1); length > 0; length = block.readInt32LE(at + 1)) {
      chunks.push(block.subarray(at + 5, at + 5 + length));
      at += 5 + length;
    }
    at += 5;
    objects.push({ oid, contents: Buffer.concat(chunks) });
  }
}

export function open(directory: FixtureDirectory, known: ReadonlyMap<number, number> | null = null) {
  return DirectoryArchive.open(directory.path, directory.toc, known);
}

export async function readAll(archive: DirectoryArchive, offset = 0, length = Infinity): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const bytes of archive.read({ offset, length })) parts.push(Buffer.from(bytes));
  return Buffer.concat(parts);
}
