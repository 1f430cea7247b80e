import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline, Transform } from 'node:stream';

/** A TCP proxy on 127.0.0.1 that can cut all that goes through it. */
export interface CuttingProxy {
  /** The server's URL with the proxy's host and port. */
  readonly endpoint: string;
  /** Ends all connections at once, and for a while each new one; nothing where there are none. Returns how many there were. */
  cut(forMs: number): number;
  /** For a while nothing goes through, and nobody is told. Returns how many connections there are. */
  stall(forMs: number): number;
  stop(): Promise<void>;
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'postgres:': 5432 };

/** Stands in front of a server of plain HTTP or of PostgreSQL; throws for another. Bytes pass unchanged, so signatures hold. */
export async function startCuttingProxy(serverUrl: string): Promise<CuttingProxy> {
  const { hostname, port, protocol } = new URL(serverUrl);
  const defaultPort = DEFAULT_PORTS[protocol];
  if (defaultPort === undefined)
    throw new Error(`connections are cut on plain HTTP and PostgreSQL only, not on ${protocol}`);
  const clients = new Set<Socket>();
  let cutUntil = 0;
  let stalledUntil = 0;
  const gate = (): Transform =>
    new Transform({
      transform(chunk, _encoding, done) {
        const leftMs = stalledUntil - performance.now();
        if (leftMs > 0) setTimeout(done, leftMs, null, chunk);
        else done(null, chunk);
      },
    });
  const server = createServer((client) => {
    client.on('error', () => undefined);
    if (performance.now() < cutUntil) {
      client.resetAndDestroy();
      return;
    }
    clients.add(client);
    client.once('close', () => clients.delete(client));
    const upstream = connect({ host: hostname, port: Number(port || defaultPort) });
    // Either side may go away in the middle: pipeline then ends the other, and there is nobody to tell.
    pipeline(client, gate(), upstream, gate(), client, () => undefined);
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
    endpoint: `${protocol}//127.0.0.1:${address.port}`,
    cut(forMs) {
      // Who cuts again and again until there is something to cut must not keep the first one away.
      if (clients.size > 0) cutUntil = performance.now() + forMs;
      return endAll();
    },
    stall(forMs) {
      stalledUntil = performance.now() + forMs;
      return clients.size;
    },
    async stop() {
      server.close();
      endAll();
      await once(server, 'close');
    },
  };
}
