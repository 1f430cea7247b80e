/** `node --import`: all names below `localhost` are this machine, as RFC 6761 has it and the resolver of Debian does not. */
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';

const { lookup } = dns;

dns.lookup = (host, options, callback) => {
  const isBelow = /(?:^|\.)localhost$/.test(host);
  return lookup(isBelow ? '127.0.0.1' : host, options, callback);
};
syncBuiltinESMExports();
