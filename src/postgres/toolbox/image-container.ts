import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Logger } from '../../foundation/logger.js';
import type { Toolbox } from '../toolbox.js';
import type { ContainerClient, RuntimeName } from './container-client.js';
import { toolboxIn, type ToolboxNeed } from './container-toolbox.js';
import { mountArgs } from './shared-directory.js';
import { isUnusable, type Unusable } from './tool-versions.js';

/** A container that a run is about to start, for whoever has to clean up after a kill. */
export interface StartedContainer {
  runtime: RuntimeName;
  name: string;
}

/** The major version of the image that is taken when nobody named one, unless a server is newer. */
const DEFAULT_MAJOR = 16;

/** `postgres:16`, or the newest server's major version when that is newer. */
export function defaultImage(serverMajors: readonly number[]): string {
  return `postgres:${Math.max(DEFAULT_MAJOR, ...serverMajors)}`;
}

/**
 * One long-lived container made from an image, with the network of the host. Its main process is a `cat` whose stdin we
 * hold: when we close it, or are killed, `cat` ends, the container with it, and `--rm` removes it.
 */
export async function imageContainer(
  client: ContainerClient,
  image: string,
  need: ToolboxNeed,
  logger: Logger,
  onStarted: (container: StartedContainer) => void,
): Promise<Toolbox | Unusable> {
  if (!/^[A-Za-z0-9][^\s]*$/.test(image)) return { reason: `${image} is not a name of an image` };
  const daemon = await client.run(['version']);
  if (!daemon.ok) return { reason: daemon.complaint };
  const present = await presentImage(client, image, logger);
  if (typeof present !== 'string') return present;

  const name = `phaselift-${randomUUID()}`;
  onStarted({ runtime: client.name, name });
  const mount = await mountArgs(need.directory ?? null);
  const runArgs = ['run', '-i', '--rm', '--network', 'host', ...mount, '--name', name, '--entrypoint', 'sh', present];
  const keeper = client.start([...runArgs, '-c', 'echo ready; exec cat > /dev/null'], {
    env: {},
    input: 'pipe',
    askToEnd: (stdin) => stdin.end(),
    graceMs: 5000,
  });
  const ready = once(keeper.stdout, 'data').then(
    () => null,
    () => null,
  );
  const failure = await Promise.race([ready, keeper.exited]);
  if (failure !== null) return { reason: `${image}: ${failure.stderr.trim().split('\n')[0] ?? ''}` };
  keeper.stdout.resume();

  const end = async (): Promise<void> => {
    await keeper.stop();
    // Usually gone by now; makes sure, and waits for a removal under way.
    await client.run(['rm', '-f', name]);
  };
  const container = { client, id: name, kind: 'image' as const, sharesHostNetwork: true, title: `image ${image}`, end };
  try {
    const toolbox = await toolboxIn(container, need);
    if (!isUnusable(toolbox)) return toolbox;
    await end();
    return { reason: `${image}: ${toolbox.reason}` };
  } catch (error) {
    await end();
    throw error;
  }
}

/** The name under which the runtime has the image, after a pull where needed. */
async function presentImage(client: ContainerClient, image: string, logger: Logger): Promise<string | Unusable> {
  if ((await client.run(['image', 'inspect', image])).ok) return image;
  // docker completes short names by itself; podman only where its configuration names registries to search.
  const name = client.name === 'podman' ? withRegistry(image) : image;
  logger.info(`Pulling ${name} with ${client.name}`);
  const pulled = await client.run(['pull', '-q', name]);
  return pulled.ok ? name : { reason: `cannot pull ${name}: ${pulled.complaint}` };
}

/** `postgres:16` is `docker.io/library/postgres:16`, as docker reads it. */
export function withRegistry(image: string): string {
  const [first = '', ...rest] = image.split('/');
  if (rest.length === 0) return `docker.io/library/${image}`;
  return /[.:]/.test(first) || first === 'localhost' ? image : `docker.io/${image}`;
}
