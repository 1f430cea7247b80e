/**
 * `npm run fuzz -- [TARGET …] [--minutes 10] [--seed 1]`: gives each target inputs that Jazzer.js makes by what they reach in the
 * sources, for so long, and ends with the first that is neither read nor refused as documented. Targets: testbed/fuzz/targets/;
 * without any, all of them one after the other. What reaches something new is kept for the next run, in the folder of the testbed.
 */
import { parseArgs } from 'node:util';
import { corpusCoverage } from '../testbed/fuzz/coverage.js';
import { runFuzzer } from '../testbed/fuzz/fuzz-run.js';
import { findJazzer } from '../testbed/fuzz/jazzer.js';
import { seedsOf } from '../testbed/fuzz/seeds.js';
import { TARGETS, type TargetName } from '../testbed/fuzz/targets.js';
import { makeWorkshop } from '../testbed/fuzz/workshop.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { minutes: { type: 'string' }, seed: { type: 'string' }, verbose: { type: 'boolean' } },
});
const seconds = 60 * numberOf('minutes', values.minutes ?? '10');
const seed = numberOf('seed', values.seed ?? '1');
const names = positionals.length === 0 ? (Object.keys(TARGETS) as TargetName[]) : positionals.map(targetName);

const stop = new AbortController();
process.on('SIGINT', () => {
  if (stop.signal.aborted) process.exit(130);
  stop.abort();
});

const jazzer = await findJazzer();
for (const name of names) {
  if (!stop.signal.aborted) await fuzz(name);
}

async function fuzz(name: TargetName): Promise<void> {
  const workshop = await makeWorkshop(TARGETS[name], seedsOf(name));
  const lines: string[] = [];
  const startedAt = performance.now();
  try {
    console.log(`${name}: for ${seconds / 60} minutes, seed ${seed}`);
    const { executions, edges, finding } = await runFuzzer(name, jazzer, workshop, {
      seconds,
      seed,
      signal: stop.signal,
      onLine: (line) => {
        lines.push(line);
        if (values.verbose === true) console.log(line);
      },
    });
    const took = Math.round((performance.now() - startedAt) / 1000);
    console.log(`${name}: ${executions} executions in ${took} s, ${edges} edges`);
    if (finding !== null) {
      process.exitCode = 1;
      const why = lines.filter((line) => !/^(?:#\d|INFO|Skip loading|artifact_prefix|stat::)/.test(line)).slice(-25);
      console.log([...why, `${name}: found ${finding}`].join('\n'));
      return;
    }
    const { inputs, covered, total } = await corpusCoverage(name, workshop);
    console.log(
      `${name}: the ${inputs} inputs that were kept reach ${((100 * covered) / total).toFixed(1)}% of its sources`,
    );
  } finally {
    await workshop.remove();
  }
}

function targetName(text: string): TargetName {
  const name = (Object.keys(TARGETS) as TargetName[]).find((known) => known === text);
  if (name === undefined) throw new Error(`no target ${text}: one of ${Object.keys(TARGETS).join(', ')}`);
  return name;
}

function numberOf(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || number <= 0) throw new Error(`--${option} ${text}: a number above 0 is needed`);
  return number;
}
