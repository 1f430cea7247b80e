import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A server on 127.0.0.1 that pings and messages are sent to. */
export class Listener {
  /** Path and body of each request, in the order of their coming. */
  readonly requests: [path: string, body: string][] = [];
  /** Statuses of the answers to come; 200 when there are none left. */
  readonly answers: number[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Listener> {
    const server = createServer();
    const listener = new Listener(server);
    server.on('request', (request, response) => {
      void text(request).then((body) => {
        listener.requests.push([request.url ?? '', body]);
        response.writeHead(listener.answers.shift() ?? 200).end();
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }
}
