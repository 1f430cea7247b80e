import { PhaseliftError } from '../../foundation/errors.js';
import type { Logger } from '../../foundation/logger.js';
import { input, phrase, type Phrase } from '../../foundation/text.js';
import type { Toolbox, ToolboxSettings } from '../toolbox.js';
import { findClients, type ContainerClient } from './container-client.js';
import type { ToolboxNeed } from './container-toolbox.js';
import { givenContainer } from './given-container.js';
import { defaultImage, imageContainer, type StartedContainer } from './image-container.js';
import { pathToolbox } from './path-toolbox.js';
import { isUnusable, type Unusable } from './tool-versions.js';
import { VERSIONED_ROOTS, type VersionedRoot } from './versioned-directories.js';

export interface ToolboxOptions {
  /** Called before a container is started from an image, so that a clean-up after a kill knows its name. */
  onContainerStarted?: (container: StartedContainer) => void;
  /** Where to look for versioned directories; for tests. */
  versionedRoots?: readonly VersionedRoot[];
}

type Kind = Toolbox['kind'];
type Resolver = () => Promise<Toolbox | Unusable>;

/**
 * Finds where the tools run: the first of the resolvers that can. With `auto` these are a container that was named, then PATH
 * and the versioned directories, then an image; otherwise only the one asked for. Logs the choice with its reason.
 * Throws TOOLS, with every resolver's reason, when none can, and INPUT when the root certificate cannot be read.
 */
export async function createToolbox(
  settings: ToolboxSettings,
  need: ToolboxNeed,
  logger: Logger,
  options: ToolboxOptions = {},
): Promise<Toolbox> {
  const resolvers: Record<Kind, Resolver> = {
    container: () => {
      const name = settings.container;
      if (name === null) return Promise.resolve({ reason: 'none is named' });
      return firstOfClients(settings, (client) => givenContainer(client, name, need));
    },
    path: () => pathToolbox(need.serverMajors, options.versionedRoots ?? VERSIONED_ROOTS),
    image: () => {
      const image = settings.image ?? defaultImage(need.serverMajors);
      const onStarted = options.onContainerStarted ?? (() => undefined);
      return firstOfClients(settings, (client) => imageContainer(client, image, need, logger, onStarted));
    },
  };
  const reasons: string[] = [];
  for (const kind of kindsToTry(settings)) {
    const found = await resolvers[kind]();
    if (isUnusable(found)) {
      const reason = kind === 'container' ? `${settings.container ?? ''}: ${found.reason}` : found.reason;
      reasons.push(`${kind}: ${reason}`);
      // The user named it: that it is not used must be seen.
      if (kind === 'container' && settings.client === 'auto')
        logger.warning(phrase`${input('pg-container')} is not used: ${reason}`);
      continue;
    }
    logger.info(reasons.length === 0 ? found.description : `${found.description}; not ${reasons.join('; not ')}`);
    return found;
  }
  throw new PhaseliftError('TOOLS', `no usable PostgreSQL tools: ${reasons.join('; ')}`, { hint: hintFor(need) });
}

function kindsToTry({ client, container }: ToolboxSettings): readonly Kind[] {
  if (client !== 'auto') return [client];
  return container === null ? ['path', 'image'] : ['container', 'path', 'image'];
}

async function firstOfClients(
  settings: ToolboxSettings,
  attempt: (client: ContainerClient) => Promise<Toolbox | Unusable>,
): Promise<Toolbox | Unusable> {
  const { clients, reasons } = await findClients(settings.runtime);
  for (const client of clients) {
    const found = await attempt(client);
    if (!isUnusable(found)) return found;
    reasons.push(`${client.name}: ${found.reason}`);
  }
  return { reason: reasons.join(', ') };
}

function hintFor({ serverMajors }: ToolboxNeed): Phrase {
  const version = serverMajors.length === 0 ? '' : ` of PostgreSQL ${Math.max(...serverMajors)} or newer`;
  const container = phrase`set ${input('pg-container')} to a running container that has them`;
  return phrase`Install psql, pg_dump and pg_restore${version} on the runner, or ${container}, or ${input('pg-image')} to an image.`;
}

/**
 * A word of warning when a host means another machine inside the toolbox than outside: in a container with a network of its
 * own, `localhost` is the container itself. That is right for a server in that very container, so it is no error.
 */
export function localhostHint(host: string, toolbox: Toolbox): Phrase | null {
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|::1|\[::1\])$/i.test(host);
  if (!isLocal || toolbox.sharesHostNetwork) return null;
  const elsewhere = phrase`set ${input('pg-client', 'path')} or ${input('pg-client', 'image')}`;
  return phrase`${host} is the container itself, as the tools run in one: to reach the runner or another container use its own name or address, or ${elsewhere}.`;
}
