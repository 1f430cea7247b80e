import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '../../../src/foundation/errors.js';
import type { RuntimeName } from '../../../src/postgres/toolbox/container-client.js';
import { startDocker, type DockerDaemon } from '../../../testbed/docker.js';
import { IS_ROOT } from '../../../testbed/places.js';
import { runProgram } from '../../../testbed/run-program.js';

/** A container runtime that works on this machine, with an image that has PostgreSQL 15's tools; or why there is none. */
export type Runtime = { name: RuntimeName; image: string } | { name: RuntimeName; missing: string };

export interface Runtimes {
  all: Runtime[];
  stop(): Promise<void>;
}

/** Settings under which podman runs also where its defaults do not: on old control groups and with small limits. */
const PLAIN_PODMAN = `[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
`;

/** Starts a Docker daemon and looks for podman. Points DOCKER_HOST and, where needed, CONTAINERS_CONF to them. */
export async function startRuntimes(): Promise<Runtimes> {
  const none = (missing: string): Runtimes => ({
    all: [
      { name: 'docker', missing },
      { name: 'podman', missing },
    ],
    stop: () => Promise.resolve(),
  });
  if (!IS_ROOT) return none('needs root');
  let daemon: DockerDaemon;
  try {
    daemon = await startDocker();
  } catch (error) {
    return none(messageOf(error));
  }
  process.env['DOCKER_HOST'] = daemon.host;
  const image = await daemon.ensureImage(15);
  const directory = await mkdtemp(join(tmpdir(), 'phaselift-podman-'));
  return {
    all: [{ name: 'docker', image }, await podman(daemon, image, join(directory, 'containers.conf'))],
    async stop() {
      await rm(directory, { recursive: true });
      await daemon.stop();
    },
  };
}

/** The variables that lead to them, for a step: its environment has nothing of ours. */
export function runtimeEnv(): Record<string, string> {
  const given = ['DOCKER_HOST', 'CONTAINERS_CONF'].map((name) => [name, process.env[name]] as const);
  return Object.fromEntries(given.filter((one): one is [string, string] => one[1] !== undefined));
}

async function podman(daemon: DockerDaemon, dockerImage: string, configuration: string): Promise<Runtime> {
  const name = 'podman';
  try {
    await runProgram('podman', ['version']);
    const image = `localhost/${dockerImage}`;
    const copy = `podman image exists ${image} || docker save ${dockerImage} | podman load -q`;
    await runProgram('sh', ['-c', copy], { env: { DOCKER_HOST: daemon.host } });
    const trial = ['run', '--rm', '--network', 'host', '--entrypoint', 'true', image];
    const works = (): Promise<boolean> => runProgram('podman', trial).then(() => true);
    if (await works().catch(() => false)) return { name, image };
    await writeFile(configuration, PLAIN_PODMAN);
    process.env['CONTAINERS_CONF'] = configuration;
    await works();
    return { name, image };
  } catch (error) {
    return { name, missing: messageOf(error) };
  }
}
