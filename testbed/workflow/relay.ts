/**
 * `node relay.ts FROM=TO …`: listens at FROM and passes each connection on to TO; each is a port of 127.0.0.1 or the path of
 * a socket. Runs inside the network of a container; sockets in the file system are the way out of it. Says `ready` and ends
 * when stdin closes. Imports nothing of the project: Node runs this file as it is.
 */
import { connect, createServer } from 'node:net';

const place = (text: string) => (text.startsWith('/') ? { path: text } : { port: Number(text), host: '127.0.0.1' });

for (const pair of process.argv.slice(2)) {
  const [from = '', to = ''] = pair.split('=');
  const server = createServer((client) => {
    const other = connect(place(to));
    client.pipe(other).pipe(client);
    client.on('error', () => other.destroy()).on('close', () => other.destroy());
    other.on('error', () => client.destroy()).on('close', () => client.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(place(from), resolve);
  });
}
console.log('ready');
process.stdin.resume().on('end', () => process.exit(0));
