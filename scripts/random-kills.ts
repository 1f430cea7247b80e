/**
 * `npm run kills -- [--kills 1000] [--seed 1]`: restores a database again and again, each time with kills at random moments (the
 * action, a psql of it, a session in the server, the server, the connections to S3), runs the action again until it succeeds, and
 * compares the target with the source, until so many kills have hit. A line for each trial, then a summary; exit code 1 when a target
 * was not identical. The same seed makes the same plan, though not the same race. Needs a built `dist/`.
 */
import { parseArgs } from 'node:util';
import { KILL_KINDS } from '../testbed/kills/kill.js';
import type { Strike } from '../testbed/kills/killed-run.js';
import { LARGE_SOURCE } from '../testbed/kills/source.js';
import { KillTrials, type TrialResult } from '../testbed/kills/trials.js';
import { startPostgres } from '../testbed/postgres.js';
import { startS3 } from '../testbed/s3.js';

const { values } = parseArgs({ options: { kills: { type: 'string' }, seed: { type: 'string' } } });
const wanted = numberOf('kills', values.kills ?? '1000');
const firstSeed = numberOf('seed', values.seed ?? '1');

// Servers end with this process, however it ends; what is done by then is told.
const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
});

const [server, s3] = await Promise.all([startPostgres({ settings: { synchronous_commit: 'on' } }), startS3()]);
const results: TrialResult[] = [];
const startedAt = performance.now();
try {
  console.log(`PostgreSQL ${await server.psql('postgres', 'SHOW server_version')}, S3: ${s3.kind}`);
  const bench = await KillTrials.prepare(server, s3, LARGE_SOURCE);
  console.log(`a restore that nobody disturbs takes ${seconds(bench.usualMs)}`);
  for (let seed = firstSeed; allStrikes().length < wanted && !stop.signal.aborted; seed++) {
    const result = await bench.run(seed);
    results.push(result);
    console.log(lineOf(result));
    for (const fault of result.faults) console.log(`    ${fault}`);
  }
  await bench.close();
} finally {
  await Promise.all([server.stop(), s3.stop()]);
}
for (const line of summary()) console.log(line);
process.exit(results.some(({ faults }) => faults.length > 0) ? 1 : 0);

/** `seed 7: server at 1.2 s in Phase data; 1 run, 4.1 s; identical`. */
function lineOf({ seed, strikes, runs, ms, faults, isUnloggedLost }: TrialResult): string {
  const hits = strikes.map(({ kind, atMs, during }) => `${kind} at ${seconds(atMs)} in ${during}`);
  const outcome = faults.length > 0 ? 'DIFFERENT' : 'identical';
  const but = isUnloggedLost ? ' (but for the unlogged table, which the crash after the end has emptied)' : '';
  return `seed ${seed}: ${hits.join(', ') || 'no hit'}; ${runs} ${runs === 1 ? 'run' : 'runs'}, ${seconds(ms)}; ${outcome}${but}`;
}

function allStrikes(): Strike[] {
  return results.flatMap(({ strikes }) => strikes);
}

function summary(): string[] {
  const good = results.filter(({ faults }) => faults.length === 0);
  const strikes = allStrikes();
  const kinds = KILL_KINDS.map((kind) => `${kind} ${strikes.filter((strike) => strike.kind === kind).length}`);
  const lost = results.filter(({ isUnloggedLost }) => isUnloggedLost).length;
  return [
    `${results.length} trials (seeds ${firstSeed} to ${firstSeed + results.length - 1}) in ${seconds(performance.now() - startedAt)}: ${good.length} identical, ${results.length - good.length} different`,
    `${strikes.length} kills: ${kinds.join(', ')}; ${lost} trials were hit by a crash of the server after the end, which empties unlogged tables`,
  ];
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1) throw new Error(`--${option} ${text}: a whole number from 1 up is needed`);
  return number;
}
