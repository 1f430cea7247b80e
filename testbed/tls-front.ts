import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.js';

/** A TLS server on 127.0.0.1 that passes everything on to a plain one. */
export interface TlsFront {
  /** `https://127.0.0.1:PORT`. */
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** Begins to listen in front of `behind`, an `http://…` URL. */
export async function startTlsFront(behind: string, certificate: Certificate): Promise<TlsFront> {
  const { hostname, port } = new URL(behind);
  const open = new Set<TLSSocket>();
  const server = createServer(certificate, (socket) => {
    open.add(socket);
    const plain = connect(Number(port), hostname);
    for (const [one, other] of [
      [socket, plain],
      [plain, socket],
    ] as const) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
    socket.on('close', () => open.delete(socket));
  });
  // Clients that do not trust the certificate hang up.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
