import { Random } from '../random.js';
import { DAMAGED, endOf, type Bench } from './bench.js';
import { begunTrial, type TrialResult } from './trial.js';

const KINDS = ['a byte', 'its end', 'two stretches'] as const;
const STRETCH = 4096;

/**
 * Damages the stored archive of the backup: a verification has to say so, and a restore either says so or gives back the source to the
 * letter (where what is damaged says nothing). Afterwards the archive is as it was.
 */
export async function damageTrial(bench: Bench, seed: number): Promise<TrialResult> {
  const result = begunTrial(seed, 'damage');
  const random = new Random(seed);
  const target = `damaged_${seed}`;
  const startedAt = performance.now();
  const whole = await bench.archive(DAMAGED);
  const { bytes, what } = damaged(whole, random);
  result.notes.push(what);
  try {
    await bench.putArchive(DAMAGED, bytes);
    const verified = await bench.undisturbed('verify', { 'backup-name': DAMAGED });
    if (verified.exitCode === 0) result.losses.push(`a verification finds nothing where ${what}`);
    const restore = await bench.undisturbed('restore', { 'backup-name': DAMAGED, 'target-database': target });
    result.runs = 2;
    result.notes.push(
      restore.exitCode === 0
        ? 'a restore is identical all the same'
        : `a restore says: ${endOf(restore).slice(0, 120)}`,
    );
    if (restore.exitCode === 0) result.losses.push(...(await bench.differences(target)));
  } finally {
    await bench.putArchive(DAMAGED, whole);
    await bench.drop(target);
  }
  result.ms = performance.now() - startedAt;
  return result;
}

function damaged(whole: Buffer, random: Random): { bytes: Buffer; what: string } {
  const bytes = Buffer.from(whole);
  const at = random.below(whole.length);
  switch (random.pick(KINDS) ?? 'a byte') {
    case 'a byte':
      bytes[at] = (bytes[at] ?? 0) ^ (1 + random.below(255));
      return { bytes, what: `byte ${at} of ${whole.length} is another` };
    case 'its end':
      return { bytes: bytes.subarray(0, at), what: `it ends at byte ${at} of ${whole.length}` };
    case 'two stretches': {
      const [one, other] = [random.below(whole.length - 2 * STRETCH), whole.length - STRETCH - random.below(STRETCH)];
      bytes.set(whole.subarray(other, other + STRETCH), one);
      bytes.set(whole.subarray(one, one + STRETCH), other);
      if (bytes.equals(whole)) bytes[at] = (bytes[at] ?? 0) ^ 1;
      return { bytes, what: `${STRETCH} bytes from ${one} and ${other} have changed places` };
    }
  }
}
