/** What encryption for recipients costs: the cipher alone, in memory, and a backup beside one in the clear. */
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { ChunkOpener } from '../src/age/chunk-opener.js';
import { ChunkSealer } from '../src/age/chunk-sealer.js';
import { newStart } from '../src/age/header.js';
import { shapeOf } from '../src/age/payload.js';
import { backUp, compared } from './backup.js';
import { byTurns } from './by-turns.js';
import { median } from './measure.js';
import { startSink } from './sink.js';
import type { Figure } from './table.js';
import type { Workbench } from './workbench.js';

/** Sealed and opened each time; pieces are as a pipe and a network bring them. */
const CIPHER_BYTES = 512 * 1024 * 1024;
const PIECE_BYTES = 64 * 1024;

export async function benchEncryption(workbench: Workbench): Promise<Figure[]> {
  const recipient = await identityToRecipient(await generateIdentity());
  const cipher = await benchCipher(recipient, workbench.repeats);
  await workbench.fillSource();
  const sink = await startSink();
  try {
    const ways = {
      clear: () => backUp(workbench, sink),
      encrypted: () => backUp(workbench, sink, { 'encrypt-to': recipient }),
    };
    const outcomeOf = await byTurns('encryption', ways, workbench.repeats);
    const [encrypted, clear] = [outcomeOf('encrypted'), outcomeOf('clear')];
    return [...cipher, ...compared('backup into the sink, encrypted', encrypted, 'in the clear', clear, {})];
  } finally {
    await sink.stop();
  }
}

async function benchCipher(recipient: string, repeats: number): Promise<Figure[]> {
  const { payloadKey } = await newStart([recipient]);
  const piece = Buffer.alloc(PIECE_BYTES, 'rows of a table\t');
  const count = CIPHER_BYTES / PIECE_BYTES;
  const [sealing, opening]: [number[], number[]] = [[], []];
  for (let turn = 0; turn < repeats; turn += 1) {
    const sealed: Buffer[] = [];
    const sealer = new ChunkSealer(payloadKey);
    sealing.push(
      timed(() => {
        for (let at = 0; at < count; at += 1) sealed.push(...sealer.push(piece));
        sealed.push(...sealer.end());
      }),
    );
    const shape = shapeOf(sealed.reduce((sum, { length }) => sum + length, 0));
    if (shape === null) throw new Error('no payload');
    const opener = new ChunkOpener(payloadKey, shape, 0);
    opening.push(
      timed(() => {
        for (const one of sealed) if (opener.push(one).includes(null)) throw new Error('not what was sealed');
      }),
    );
  }
  return [rate('encryption alone', sealing), rate('decryption alone', opening)];
}

function timed(work: () => void): number {
  const startedAt = performance.now();
  work();
  return performance.now() - startedAt;
}

function rate(figure: string, times: readonly number[]): Figure {
  const perSecond = CIPHER_BYTES / 1e6 / (median(times) / 1000);
  return { figure, ours: `${perSecond.toFixed(0)} MB/s`, comparedWith: '', ratio: null, aim: '', met: null };
}
