import { once } from 'node:events';

/** Stops the servers that globalSetup started. */
export default async function globalTeardown(): Promise<void> {
  const servers = globalThis.phaseliftServers;
  if (servers === undefined || servers.exitCode !== null) return;
  const exited = once(servers, 'exit');
  servers.stdin?.end();
  await exited;
}
