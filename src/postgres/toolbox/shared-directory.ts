/** A directory of the runner in which the tools of a container write. */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerClient } from './container-client.js';

/** Mounts the directory under its own path. One that cannot be made is left out: the store says what is wrong with it. */
export async function mountArgs(directory: string | null): Promise<string[]> {
  if (directory === null) return [];
  try {
    // The runtime would make it as root, or refuse.
    await mkdir(directory, { recursive: true });
  } catch {
    return [];
  }
  return ['--mount', ['type=bind', `source=${directory}`, `target=${directory}`].map(csvField).join(',')];
}

/** `--mount` takes a line of CSV. */
function csvField(text: string): string {
  return /[",]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * As whom a process in the container has to write to the directory, as arguments of `exec`, so that the files are ours: as our
 * own user; or as the container's, which is us under a runtime without root. null when neither can, or it is another
 * directory there.
 */
export async function findWriter(client: ContainerClient, id: string, directory: string): Promise<string[] | null> {
  const ownUser = process.getuid?.();
  const ownGroup = process.getgid?.();
  const asUs = ownUser === undefined ? [] : [['--user', `${ownUser}:${String(ownGroup)}`]];
  // Only we can enter it, as with the directory of a backup.
  const probe = await mkdtemp(join(directory, '.phaselift-probe-')).catch(() => null);
  if (probe === null) return null;
  try {
    for (const user of [...asUs, []]) {
      const file = join(probe, `written-${user.length}`);
      await client.run(['exec', ...user, id, 'sh', '-c', 'echo here > "$1"', 'phaselift', file]);
      const owner = await stat(file).then(
        ({ uid }) => uid,
        () => null,
      );
      if (owner !== null && (ownUser === undefined || owner === ownUser || ownUser === 0)) return user;
    }
    return null;
  } finally {
    await rm(probe, { recursive: true, force: true });
  }
}
