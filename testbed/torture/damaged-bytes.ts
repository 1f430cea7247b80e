import { DigestCheck, digestedRanges } from '../../src/archive/digest-check.js';
import { ArchiveMapper } from '../../src/archive/mapper.js';
import type { ArchiveMap } from '../../src/archive/types.js';
import { Random } from '../random.js';

/** Bytes of archives that were changed, one at a time, and how that was found. */
export interface DamagedBytes {
  tried: number;
  /** By the digests that the manifest has. */
  byDigest: number;
  /** By the structure of the archive alone, where a reading has no manifest; a part of the others is in rows, which have no structure. */
  byStructure: number;
  /** Places whose change nothing has found. */
  missed: number[];
}

/** Changes one byte after the other of an archive, at random places, and reads it each time as a verification does. */
export async function damageBytes(archive: Buffer, count: number, seed: number): Promise<DamagedBytes> {
  const random = new Random(seed);
  const { map } = await read(archive);
  const result: DamagedBytes = { tried: 0, byDigest: 0, byStructure: 0, missed: [] };
  for (; result.tried < count; result.tried++) {
    const at = random.below(archive.length);
    const bytes = Buffer.from(archive);
    bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
    const digests = new DigestCheck(digestedRanges(map));
    digests.push(bytes);
    const isOther = digests.different.length > 0;
    const isBroken = await read(bytes).then(
      () => false,
      () => true,
    );
    if (isOther) result.byDigest++;
    if (isBroken) result.byStructure++;
    if (!isOther && !isBroken) result.missed.push(at);
  }
  return result;
}

/** Throws what a reading finds. */
async function read(bytes: Buffer): Promise<{ map: ArchiveMap }> {
  const mapper = new ArchiveMapper();
  await mapper.push(bytes);
  return mapper.end();
}
