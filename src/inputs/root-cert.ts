import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Connection } from '../postgres/connection.js';
import type { Parsed } from './parser.js';
import { bad, good, quoted } from './parser.js';
import type { Settings } from './settings.js';

const PEM = /^-----BEGIN /;

/** A path, `system`, or certificates as PEM text, which `materializeRootCert` turns into a path. */
export function rootCert(text: string): Parsed<string> {
  if (!PEM.test(text)) {
    if (/\p{Cc}/u.test(text))
      return bad('this has several lines and is not PEM text: begin with `-----BEGIN CERTIFICATE-----`');
    return text.includes('-----')
      ? bad(`${quoted(text)} is not a path: give the PEM text from its first line on`)
      : good(text);
  }
  // A key would be written to the disk of the runner.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    return bad('this holds a private key: give the certificates of the authority only');
  }
  if (!/^-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+-----END (?:TRUSTED )?CERTIFICATE-----/.test(text)) {
    return bad('this is not the PEM text of a certificate: give it whole, from BEGIN to END, with its line breaks');
  }
  return good(`${text}\n`);
}

/**
 * Writes PEM text of `ssl-root-cert` into `directory` (RUNNER_TEMP, the only place that may be written to) and returns the
 * settings with the file's path in its place. Call it before anything connects. Settings with a path, `system` or
 * nothing come back as they are. Throws what the file system throws.
 */
export async function materializeRootCert<T extends Settings>(settings: T, directory: string): Promise<T> {
  const result = { ...settings };
  if ('source' in result && result.source !== null) result.source = await withFile(result.source, directory);
  if ('target' in result) result.target = await withFile(result.target, directory);
  return result;
}

async function withFile(connection: Connection, directory: string): Promise<Connection> {
  const text = connection.sslRootCert;
  if (text === null || !PEM.test(text)) return connection;
  // Named by its contents: both connections share one file, and a second run writes the same.
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 16);
  const path = join(directory, `phaselift-root-cert-${digest}.pem`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(path, text, { mode: 0o644 });
  return { ...connection, sslRootCert: path };
}
