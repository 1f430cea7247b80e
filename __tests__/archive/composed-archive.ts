import { runCodec } from '../../src/archive/compress-run.js';
import { TERMINATOR } from '../../src/archive/copy-tail.js';
import { parseHead } from '../../src/archive/head.js';
import { ArchiveMapper } from '../../src/archive/mapper.js';
import { ArchiveComposer } from '../../src/dump/archive-composer.js';
import { RowPacker } from '../../src/dump/row-packer.js';
import { bytesOf, contentsOf, fixture, mapWhole, type Mapped } from './fixtures.js';

export interface Composed extends Mapped {
  archive: Buffer;
}

/**
 * The archive of a compressed fixture as many readers compress it: with runs of about `runBytes`, which end with a row unless
 * `wholeRows` is false, and segments of `segmentBytes` of text. The map is what was told while it was written.
 */
export async function composed(
  name: string,
  { runBytes, segmentBytes, wholeRows = true }: { runBytes: number; segmentBytes: number; wholeRows?: boolean },
): Promise<Composed> {
  const head = parseHead(fixture(name));
  const plain = fixture(name.replace(/-\w+$/, '-none'));
  const { map, head: plainHead } = await mapWhole(plain);
  const { map: compressedMap } = await mapWhole(fixture(name));
  const mapper = new ArchiveMapper({ segmentBytes, isTold: true });
  const parts: Buffer[] = [];
  const sink = {
    write: (bytes: Buffer): null => {
      parts.push(Buffer.from(bytes));
      return null;
    },
  };
  const composer = new ArchiveComposer(head, mapper, sink, segmentBytes);
  const packer = new RowPacker(runCodec(head.header.compression.algorithm));
  await composer.begin();
  for (const block of map.blocks) {
    const { desc, tag } = plainHead.entries.find(({ dumpId }) => dumpId === block.dumpId) ?? { desc: '', tag: '' };
    const entry = head.entries.find((candidate) => candidate.desc === desc && candidate.tag === tag);
    if (entry === undefined) throw new Error(`${name} has no ${desc} ${tag}`);
    if (block.kind === 'large-objects') {
      const other = compressedMap.blocks.find(({ dumpId }) => dumpId === entry.dumpId);
      await composer.raw(bytesOf(fixture(name), other ?? block));
      continue;
    }
    await composer.beginTable(entry);
    const rows = contentsOf(bytesOf(plain, block)).subarray(0, -TERMINATOR.length);
    for (let at = 0; at < rows.length;) {
      const end = wholeRows ? rows.indexOf(10, at + runBytes) + 1 || rows.length : at + runBytes;
      const item = packer.pack(rows.subarray(at, end), () => undefined);
      if (item.kind !== 'run') throw new Error('nothing was compressed');
      await composer.run(await item.run);
      at = end;
    }
    await composer.endTable();
  }
  await composer.end();
  return { ...(await mapper.end()), rowsSeen: mapper.rowsSeen, archive: Buffer.concat(parts) };
}
