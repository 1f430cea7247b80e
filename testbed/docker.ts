import { startGuarded } from './guarded.js';
import { testbedDirectory, testbedScript } from './places.js';
import type { Major } from './postgres-programs.js';
import { runProgram } from './run-program.js';

/** A Docker daemon for tests. Its containers need `--network host`. It dies with the last process that uses it. */
export interface DockerDaemon {
  /** The value of DOCKER_HOST that leads to it. */
  readonly host: string;
  /** Makes the image `postgres:MAJOR` of Debian's packages unless the daemon has it, and returns that name. */
  ensureImage(major: Major): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a Docker daemon apart from any other on this machine, or joins the one that another test has started. Needs root. */
export async function startDocker(): Promise<DockerDaemon> {
  const env = { TESTBED_DIR: testbedDirectory() };
  const daemon = await startGuarded('bash', [testbedScript('dockerd.sh'), 'run'], { env });
  const host = daemon.firstLine;
  return {
    host,
    async ensureImage(major) {
      await runProgram('bash', [testbedScript('pg-image.sh'), String(major)], { env: { ...env, DOCKER_HOST: host } });
      return `postgres:${major}`;
    },
    stop: () => daemon.release(),
  };
}
