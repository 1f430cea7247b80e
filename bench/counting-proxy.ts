import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** A TCP proxy on 127.0.0.1 that counts what comes back from the server behind it. */
export interface CountingProxy {
  /** The server's URL with the proxy's host and port. */
  readonly endpoint: string;
  /** Bytes that the server has sent since the last call, headers included. */
  take(): number;
  stop(): Promise<void>;
}

/** Stands in front of a plain-HTTP server; throws for another. Requests pass unchanged, so their signatures, which cover the proxy's address, hold. */
export async function startCountingProxy(serverUrl: string): Promise<CountingProxy> {
  const { hostname, port, protocol } = new URL(serverUrl);
  if (protocol !== 'http:') throw new Error(`bytes read are counted on plain HTTP only, not at ${serverUrl}`);
  const open = new Set<Socket>();
  let received = 0;
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: hostname, port: Number(port || 80), allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      open.add(socket);
      socket.once('close', () => open.delete(socket));
    }
    // Either side may go away in the middle: pipeline then ends the other, and there is nobody to tell.
    pipeline(client, upstream, () => undefined);
    pipeline(upstream, client, () => undefined);
    upstream.on('data', (chunk: Buffer) => (received += chunk.length));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    take() {
      const taken = received;
      received = 0;
      return taken;
    },
    async stop() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}
