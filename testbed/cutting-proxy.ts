import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** A TCP proxy on 127.0.0.1 that can cut all that goes through it. */
export interface CuttingProxy {
  /** The server's URL with the proxy's host and port. */
  readonly endpoint: string;
  /** Ends all connections at once, and for a while each new one; nothing where there are none. Returns how many there were. */
  cut(forMs: number): number;
  stop(): Promise<void>;
}

/** Stands in front of a plain-HTTP server; throws for another. Requests pass unchanged, so their signatures hold. */
export async function startCuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const { hostname, port, protocol } = new URL(serverUrl);
  if (protocol !== 'http:') throw new Error(`connections are cut on plain HTTP only, not at ${serverUrl}`);
  const clients = new Set<Socket>();
  let cutUntil = 0;
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (performance.now() < cutUntil) {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    const upstream = connect({ host: hostname, port: Number(port || 80) });
    // Either side may go away in the middle: pipeline then ends the other, and there is nobody to tell.
    pipeline(client, upstream, client, () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const endAll = (): number => {
    const open = [...clients];
    for (const client of open) client.resetAndDestroy();
    return open.length;
  };
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    cut(forMs) {
      // Who cuts again and again until there is something to cut must not keep the first one away.
      if (clients.size > 0) cutUntil = performance.now() + forMs;
      return endAll();
    },
    async stop() {
      server.close();
      endAll();
      await once(server, 'close');
    },
  };
}
