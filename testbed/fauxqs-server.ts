/**
 * The S3 of the package fauxqs as a process of its own, in memory: `node testbed/fauxqs-server.ts`. Prints its endpoint and
 * ends when stdin closes. It is listened to on loopback only, which fauxqs's own command line does not offer.
 */
import { buildApp } from 'fauxqs';

const app = buildApp({ logger: false });
// As it is, it refuses parts above 11 MiB; S3 takes 5 GiB.
app.addContentTypeParser(
  'application/octet-stream',
  { parseAs: 'buffer', bodyLimit: 5 * 1024 ** 3 },
  (_request, body, done) => {
    done(null, body);
  },
);
console.log(await app.listen({ host: '127.0.0.1', port: 0 }));
process.stdin.resume().on('end', () => process.exit(0));
