/** Encrypts an archive on its way into a store, and the part of its manifest that tells of its contents. */
import { ChunkSealer } from '../age/chunk-sealer.js';
import { newStart, openStart, type AgeStart } from '../age/header.js';
import type { AgeKeys } from '../age/keys.js';
import { PhaseliftError } from '../foundation/errors.js';
import { phrase, plain } from '../foundation/text.js';
import type { ByteSink, Produce } from './archive-writer.js';
import type { Manifest, SealedManifest } from './manifest.js';
import { sealManifest } from './sealed-manifest.js';

/** Of one archive: each has a key of its own. docs/adr/0030-encrypted-for-recipients.md */
export class ArchiveSeal {
  /** So far, of the encrypted archive. */
  private sealedBytes = 0;

  private constructor(
    private readonly recipients: readonly string[],
    private readonly start: AgeStart,
  ) {}

  static async to(recipients: readonly string[]): Promise<ArchiveSeal> {
    return new ArchiveSeal(recipients, await newStart(recipients));
  }

  /** The same archive, encrypted. */
  sealing(produce: Produce): Produce {
    return async (sink, signal) => {
      const sealer = new ChunkSealer(this.start.payloadKey);
      const pass = (pieces: readonly Buffer[]): Promise<void> | null => this.writeAll(sink, pieces);
      await pass([this.start.bytes]);
      await produce({ write: (bytes) => pass(sealer.push(bytes)) }, signal);
      await pass(sealer.end());
    };
  }

  /** Once all has been written: its sizes are those of the encrypted archive then. */
  sealed(manifest: Manifest): Promise<SealedManifest> {
    return sealManifest(manifest, this.sealedBytes, this.recipients);
  }

  private writeAll(sink: ByteSink, pieces: readonly Buffer[]): Promise<void> | null {
    for (const [at, piece] of pieces.entries()) {
      this.sealedBytes += piece.length;
      const waiting = sink.write(piece);
      if (waiting !== null) return waiting.then(() => this.writeAll(sink, pieces.slice(at + 1)) ?? undefined);
    }
    return null;
  }
}

/** Throws INPUT when who is to restore what is written, where that is told too, could not. */
export async function checkKeys({ recipients, identities }: AgeKeys): Promise<void> {
  if (recipients.length === 0 || identities.length === 0) return;
  const { bytes } = await newStart(recipients);
  if (typeof (await openStart(bytes, identities)) !== 'string') return;
  throw new PhaseliftError(
    'INPUT',
    phrase`no identity of ${plain('decrypt-with')} belongs to a recipient of ${plain('encrypt-to')}: what is backed up could not be restored`,
    {
      object: 'decrypt-with',
      hint: phrase`Add the public key of the identity to ${plain('encrypt-to')}: \`age-keygen -y\` shows it.`,
    },
  );
}
