/**
 * `npm run servers`: starts the PostgreSQL and the S3 that the integration tests share, and keeps them up until Ctrl-C. Test
 * runs in the same checkout find them by `.testbed/servers.json`, and leave them running.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { keptServers } from '../__tests__/helpers/global-setup.js';
import { nodeProgram, PROJECT_DIRECTORY, testbedScript } from './places.js';

/** Always in the checkout, wherever the testbed keeps its downloads: which servers a run takes is a matter of the checkout. */
const file = join(PROJECT_DIRECTORY, '.testbed', 'servers.json');

if ((await keptServers(PROJECT_DIRECTORY)) !== null) {
  console.error(`Servers of this checkout are up already: see ${file}`);
  process.exit(1);
}

// In a session of its own: Ctrl-C reaches this process alone, which then ends the servers in order.
const servers = spawn(nodeProgram(), ['--import', 'tsx', testbedScript('serve.ts')], {
  cwd: PROJECT_DIRECTORY,
  stdio: ['pipe', 'pipe', 'inherit'],
  detached: true,
});
const asked = new AbortController();
const stop = (): void => {
  asked.abort();
  servers.stdin.end();
};
process.on('SIGINT', stop).on('SIGTERM', stop);

const exited = once(servers, 'exit');
const startedAt = performance.now();
console.log('Starting PostgreSQL and S3 …');
createInterface({ input: servers.stdout }).once('line', (line) => void announce(line));
await exited;
await rm(file, { force: true });
if (!asked.signal.aborted) {
  console.error('The servers have ended; see above');
  process.exitCode = 1;
}

/** Tells test runs, and people, where the servers are. */
async function announce(line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  // Under its name by a rename, so that no test run reads half of it.
  await writeFile(`${file}.new`, `{"pid":${process.pid},"env":${line}}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  console.log(
    line
      .slice(1, -1)
      .replaceAll('","', '"\n"')
      .replaceAll(/^"([^"]*)":"([^"]*)"$/gm, '$1=$2'),
  );
  console.log(
    `Up after ${Math.round((performance.now() - startedAt) / 1000)} s, until Ctrl-C. \`npm test\` in this checkout uses them.`,
  );
}
