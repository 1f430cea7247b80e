import type { Toolbox } from '../toolbox.js';
import type { ContainerClient } from './container-client.js';
import { toolboxIn, type ToolboxNeed } from './container-toolbox.js';
import type { Unusable } from './tool-versions.js';

/** The tools of a running container that the user named (`pg-container`): a service container of the job. */
export async function givenContainer(
  client: ContainerClient,
  name: string,
  need: ToolboxNeed,
): Promise<Toolbox | Unusable> {
  // Ids and names of both runtimes; anything else could be an option.
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) return { reason: 'not a name of a container' };
  const format = '{{.Id}} {{.State.Running}} {{.HostConfig.NetworkMode}}';
  const inspected = await client.run(['container', 'inspect', '--format', format, name]);
  if (!inspected.ok) {
    const unknown = /no such container/i.test(inspected.complaint);
    return { reason: unknown ? 'no such container' : inspected.complaint };
  }
  const [id = '', running, network] = inspected.stdout.trim().split(' ');
  if (running !== 'true') return { reason: 'the container is not running' };
  const sharesHostNetwork = network === 'host';
  const title = `container ${name}`;
  // It is somebody else's: we leave it as it is.
  return toolboxIn({ client, id, kind: 'container', sharesHostNetwork, title, end: () => Promise.resolve() }, need);
}
