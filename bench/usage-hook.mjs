/**
 * Loaded into the measured action by NODE_OPTIONS (plain JavaScript: it must not change what it measures). When that process
 * exits, writes what the kernel has counted for it, and the files it has left in RUNNER_TEMP, as JSON to PHASELIFT_BENCH_USAGE.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

process.on('exit', () => {
  const read = (file) => readFileSync(`/proc/self/${file}`, 'utf8');
  // Read before anything is written here.
  const usage = { stat: read('stat'), status: read('status'), io: read('io') };
  const folder = process.env.RUNNER_TEMP;
  const files = readdirSync(folder, { recursive: true }).map((name) => ({
    name,
    bytes: statSync(join(folder, name)).size,
  }));
  writeFileSync(process.env.PHASELIFT_BENCH_USAGE, JSON.stringify({ ...usage, files }));
});
