/**
 * `npm run torture -- --minutes N [--seed 1]`: backs a database up and restores it, again and again for so long, each time with faults at
 * random moments: kills of the action, its tools, its sessions and the server, cancels, connections that are cut or stall, answers of S3
 * that are errors, halves, slow or lost; and with damaged archives. Each trial ends in a comparison of every row. `--kills N`: restores
 * with kills alone, until so many have hit. `--bytes N`: changes so many bytes of archives, one at a time. A line for each trial, then a
 * summary, also when it is interrupted; exit code 1 when something was lost. The same seed draws the same faults, though not the same
 * race. Needs a built `dist/`.
 */
import { parseArgs } from 'node:util';
import { startPostgres } from '../testbed/postgres.js';
import { startS3 } from '../testbed/s3.js';
import { backupTrial } from '../testbed/torture/backup-trial.js';
import { Bench } from '../testbed/torture/bench.js';
import { damageTrial } from '../testbed/torture/damage-trial.js';
import { damageBytes } from '../testbed/torture/damaged-bytes.js';
import { FAULTS, KILLS } from '../testbed/torture/fault.js';
import { restoreTrial } from '../testbed/torture/restore-trial.js';
import { LARGE_SOURCE, SMALL_SOURCE, TINY_SOURCE } from '../testbed/torture/source.js';
import { lineOf, seconds, type TrialResult } from '../testbed/torture/trial.js';

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { minutes: text, kills: text, bytes: text, seed: text } });
const given = (['minutes', 'kills', 'bytes'] as const).filter((name) => values[name] !== undefined);
const [what] = given;
if (what === undefined || given.length > 1) throw new Error('give one of --minutes, --kills and --bytes');
const wanted = numberOf(what, values[what] ?? '');
const firstSeed = numberOf('seed', values.seed ?? '1');

// Servers end with this process, however it ends; what is done by then is told.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(130);
    stop.abort();
  });
}

const [server, s3] = await Promise.all([startPostgres({ settings: { synchronous_commit: 'on' } }), startS3()]);
const results: TrialResult[] = [];
const startedAt = performance.now();
let missedBytes = 0;
try {
  console.log(
    `PostgreSQL ${await server.psql('postgres', 'SHOW server_version')}, S3: ${s3.kind}, first seed: ${firstSeed}`,
  );
  const source = { minutes: SMALL_SOURCE, kills: LARGE_SOURCE, bytes: TINY_SOURCE }[what];
  const bench = await Bench.prepare(server, s3, source);
  if (what === 'bytes') await damageAll(bench);
  else await tryAll(bench);
  await bench.close();
} finally {
  await Promise.all([server.stop(), s3.stop()]);
}
for (const line of summary()) console.log(line);
process.exit(missedBytes > 0 || results.some(({ losses }) => losses.length > 0) ? 1 : 0);

async function tryAll(bench: Bench): Promise<void> {
  console.log(
    `nobody disturbing, a backup takes ${seconds(bench.usualMs.backup)}, a restore ${seconds(bench.usualMs.restore)}`,
  );
  const isDone = (): boolean =>
    what === 'minutes' ? performance.now() - startedAt > wanted * 60_000 : strikes().length >= wanted;
  for (let seed = firstSeed; !isDone() && !stop.signal.aborted; seed++) {
    const result = await trial(bench, seed);
    results.push(result);
    console.log(lineOf(result));
    for (const loss of result.losses) console.log(`    ${loss}`);
  }
}

function trial(bench: Bench, seed: number): Promise<TrialResult> {
  if (what === 'kills') return restoreTrial(bench, seed, KILLS, {});
  // Of ten, five restores, four backups, and one with a damaged archive.
  const turn = seed % 10;
  if (turn === 0) return damageTrial(bench, seed);
  return turn % 2 === 1 ? restoreTrial(bench, seed, FAULTS) : backupTrial(bench, seed, FAULTS);
}

async function damageAll(bench: Bench): Promise<void> {
  for (const compress of ['0', '1', '6']) {
    const name = `compressed-${compress}`;
    await bench.undisturbed('backup', {
      'backup-name': name,
      'dump-compress': compress,
      'dump-jobs': compress === '1' ? '3' : '1',
    });
    const archive = await bench.archive(name);
    const { tried, byDigest, byStructure, missed } = await damageBytes(archive, Math.ceil(wanted / 3), firstSeed);
    missedBytes += missed.length;
    console.log(
      `dump-compress ${compress}, ${archive.length} bytes: ${tried} changed, one at a time; ${byDigest} found by digests, ${byStructure} by the structure alone; ${missed.length} missed${missed.length > 0 ? `, at ${missed.slice(0, 10).join(', ')}` : ''}`,
    );
  }
}

function strikes(): TrialResult['strikes'] {
  return results.flatMap((result) => result.strikes);
}

function summary(): string[] {
  if (what === 'bytes') return [];
  const ways = Object.entries(Object.groupBy(results, ({ way }) => way)).map(([way, of]) => `${of.length} of ${way}`);
  const kinds = FAULTS.map((kind) => `${kind} ${strikes().filter((strike) => strike.kind === kind).length}`);
  const disturbed = results.filter((result) => result.way !== 'damage' && result.strikes.length > 0);
  const alone = disturbed.filter(({ runs }) => runs === 1).length;
  const lost = results.filter(({ losses }) => losses.length > 0);
  return [
    `${results.length} trials (${ways.join(', ')}; seeds ${firstSeed} to ${firstSeed + results.length - 1}) in ${seconds(performance.now() - startedAt)}`,
    `${strikes().length} faults hit: ${kinds.join(', ')}`,
    `${disturbed.length} trials were hit: ${alone} passed in the same run, ${disturbed.length - alone} when the action was run again`,
    `something lost: ${lost.length === 0 ? 'nothing' : lost.map(({ seed }) => `seed ${seed}`).join(', ')}`,
  ];
}

function numberOf(option: string, given: string): number {
  const number = Number(given);
  if (!/^\d+$/.test(given) || number < 1) throw new Error(`--${option} ${given}: a whole number from 1 up is needed`);
  return number;
}
