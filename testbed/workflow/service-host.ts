import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDocker, type DockerDaemon } from '../docker.js';
import { freePort } from '../free-port.js';
import { startGuarded, type Guarded } from '../guarded.js';
import { nodeProgram, testbedScript } from '../places.js';
import type { Major } from '../postgres-programs.js';
import { runProgram } from '../run-program.js';
import { healthCommand } from './service-options.js';

/** What a job says of one of its services, evaluated. */
export interface ServiceDefinition {
  name: string;
  image: string;
  env: Readonly<Record<string, string>>;
  ports: readonly string[];
  options: string;
}

/** A service container that is up and healthy. */
export interface Service {
  readonly name: string;
  readonly id: string;
  readonly asked: string;
  /** The image that stands for the one asked for: there is no registry here. */
  readonly used: string;
  /** Ports of the container to ports of 127.0.0.1. */
  readonly ports: Readonly<Record<string, string>>;
  stop(): Promise<void>;
}

/** Where jobs get their services. */
export interface Services {
  /** What `docker` in a step talks to. */
  readonly dockerHost: string;
  /** Starts one and waits until it is healthy. */
  run(definition: ServiceDefinition): Promise<Service>;
}

const AS_POSTGRES = 'setpriv --reuid=postgres --regid=postgres --clear-groups';
const LOGINS = '--auth-host=scram-sha-256 --auth-local=trust';

/** Makes the cluster, once for each image. */
const INITDB = `cd /var/lib/postgresql
exec ${AS_POSTGRES} initdb -D data --no-sync --encoding=UTF8 --locale=C.UTF-8 ${LOGINS}`;

/** Does what the entrypoint of the image `postgres` does; those of the testbed have none. */
const ENTRYPOINT = `
set -e
cd /var/lib/postgresql
[ -n "$POSTGRES_PASSWORD" ] || { echo 'POSTGRES_PASSWORD is not set' >&2; exit 1; }
user=\${POSTGRES_USER:-postgres}
{
  [ "$user" = postgres ] || echo "CREATE ROLE \\"$user\\" SUPERUSER LOGIN;"
  echo "ALTER ROLE \\"$user\\" PASSWORD '$POSTGRES_PASSWORD';"
  [ "\${POSTGRES_DB:-postgres}" = postgres ] || echo "CREATE DATABASE \\"$POSTGRES_DB\\" OWNER \\"$user\\";"
} | ${AS_POSTGRES} postgres --single -D data -c fsync=off postgres > /dev/null
exec ${AS_POSTGRES} postgres -D data -c fsync=off -c listen_addresses='*' -c shared_buffers=32MB`;

/**
 * Runs the services of jobs as containers on the testbed's Docker daemon. As on GitHub each has a network of its own, where
 * localhost is the container itself. What lies outside (the servers of the tests, on 127.0.0.1 of this machine) a container
 * reaches under the same address, by a relay through sockets: the daemon has no bridge.
 */
export class ServiceHost implements Services {
  private readonly images = new Map<string, Promise<string>>();

  /** Ports of 127.0.0.1 that containers reach. */
  private readonly outside: number[] = [];
  private readonly relays: Guarded[] = [];

  private constructor(
    private readonly docker: DockerDaemon,
    private readonly directory: string,
  ) {}

  /** Needs root. Throws where no Docker daemon can be had. */
  static async start(): Promise<ServiceHost> {
    const docker = await startDocker();
    return new ServiceHost(docker, await mkdtemp(join(tmpdir(), 'phaselift-services-')));
  }

  /** Lets the containers to come reach a port of 127.0.0.1. */
  async reach(port: number): Promise<void> {
    this.relays.push(await startRelay([`${join(this.directory, String(port))}=${port}`]));
    this.outside.push(port);
  }

  get dockerHost(): string {
    return this.docker.host;
  }

  async run(definition: ServiceDefinition): Promise<Service> {
    const { name, env } = definition;
    const used = await this.imageFor(definition.image);
    const variables = Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]);
    const options = ['--network', 'none', '--name', `phaselift-${name}-${randomUUID().slice(0, 8)}`, ...variables];
    const id = (await this.call('run', '-d', ...options, used, 'sh', '-c', ENTRYPOINT)).trim();
    const relays: Guarded[] = [];
    const stop = async () => {
      await Promise.all(relays.map((relay) => relay.release()));
      await this.call('rm', '-f', '-v', id);
    };
    try {
      const pid = (await this.call('inspect', '-f', '{{.State.Pid}}', id)).trim();
      const ways = this.outside.map((port) => `${port}=${join(this.directory, String(port))}`);
      const ports: Record<string, string> = {};
      for (const published of definition.ports) {
        const [inside = '', host = String(await freePort())] = published.split(':').reverse();
        const socket = join(this.directory, `${id.slice(0, 12)}-${inside}`);
        ways.push(`${socket}=${inside}`);
        relays.push(await startRelay([`${host}=${socket}`]));
        ports[inside] = host;
      }
      relays.push(await startRelay(ways, ['nsenter', '-t', pid, '-n']));
      await this.waitUntilHealthy(id, definition);
      return { name, id, asked: definition.image, used: used.replace('phaselift-service-', ''), ports, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.relays.map((relay) => relay.release()));
    await this.docker.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** There is no registry here: postgres:15, 17 and 18 are made of packages, and 17 stands for 16. */
  private imageFor(asked: string): Promise<string> {
    const majors: Record<string, Major> = { '15': 15, '16': 17, '17': 17, '18': 18 };
    const major = majors[/^postgres:(\d+)$/.exec(asked)?.[1] ?? ''];
    if (major === undefined) throw new Error(`the runner has no image ${asked}`);
    const image = this.images.get(asked) ?? this.withCluster(major);
    this.images.set(asked, image);
    return image;
  }

  /** The image of a version with a cluster in it, so that no service has to make its own. */
  private async withCluster(major: Major): Promise<string> {
    const name = `phaselift-service-${await this.docker.ensureImage(major)}`;
    const exists = await this.call('image', 'inspect', name).catch(() => null);
    if (exists !== null) return name;
    const container = `phaselift-initdb-${randomUUID()}`;
    await this.call('run', '--name', container, '--network', 'none', `postgres:${major}`, 'sh', '-c', INITDB);
    await this.call('commit', container, name);
    await this.call('rm', container);
    return name;
  }

  /** Asks as the options say, but at once and often. */
  private async waitUntilHealthy(id: string, { name, options }: ServiceDefinition): Promise<void> {
    const command = healthCommand(options);
    if (command === null) return;
    for (let attempt = 0; attempt < 300; attempt++) {
      const healthy = await this.call('exec', id, 'sh', '-c', command).catch(() => null);
      if (healthy !== null) return;
      if ((await this.call('inspect', '-f', '{{.State.Running}}', id)).trim() !== 'true') break;
      await sleep(100);
    }
    const log = await runProgram('sh', ['-c', `docker logs ${id} 2>&1`], { env: { DOCKER_HOST: this.dockerHost } });
    throw new Error(`the service ${name} did not become healthy: ${log.slice(-1000)}`);
  }

  private call(...args: string[]): Promise<string> {
    return runProgram('docker', args, { env: { DOCKER_HOST: this.dockerHost } });
  }
}

async function startRelay(pairs: readonly string[], prefix: readonly string[] = []): Promise<Guarded> {
  const [command = '', ...args] = [...prefix, nodeProgram(), testbedScript('workflow/relay.ts'), ...pairs];
  return startGuarded(command, args, { env: { NODE_OPTIONS: '' } });
}
