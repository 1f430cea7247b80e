import { chown, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeCertificate, type Certificate } from '../../testbed/certificate.js';
import { startPostgres, type PostgresServer } from '../../testbed/postgres.js';
import { createDatabase } from '../helpers/databases.js';
import { BackupRuns, expectFailure } from './backup-runs.js';

let certificate: Certificate;
/** Of another authority. */
let stranger: Certificate;
let postgres: PostgresServer;
let runs: BackupRuns;
let database: string;
let certFile: string;

beforeAll(async () => {
  [certificate, stranger, postgres] = await Promise.all([makeCertificate(), makeCertificate(), startPostgres()]);
  runs = await BackupRuns.create(postgres);
  database = await createDatabase(postgres, { sql: 'CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) g;' });
  await speakTlsOnly(postgres, certificate);
  certFile = join(tmpdir(), `phaselift-tls-${process.pid}.pem`);
  await writeFile(certFile, certificate.cert);
});

afterAll(async () => {
  runs.close();
  await postgres.stop();
  await rm(certFile, { force: true });
});

/** The server takes no connection over TCP without TLS from now on. */
async function speakTlsOnly(server: PostgresServer, { cert, key }: Certificate): Promise<void> {
  const { uid, gid } = await stat(server.dataDirectory);
  const files = {
    'server.crt': cert,
    'server.key': key,
    'pg_hba.conf': 'hostssl all all 127.0.0.1/32 scram-sha-256\n',
  };
  for (const [name, text] of Object.entries(files)) {
    const path = join(server.dataDirectory, name);
    await writeFile(path, text, { mode: 0o600 });
    await chown(path, uid, gid);
  }
  await server.psql('postgres', 'ALTER SYSTEM SET ssl = on;');
  await server.psql('postgres', 'SELECT pg_reload_conf();');
}

describe('a PostgreSQL server that speaks TLS', () => {
  test.each([
    ['sslmode require', () => ({ 'source-sslmode': 'require' })],
    [
      'verify-full and the path of the certificate',
      () => ({ 'source-sslmode': 'verify-full', 'ssl-root-cert': certFile }),
    ],
    ['verify-full and its text', () => ({ 'source-sslmode': 'verify-full', 'ssl-root-cert': certificate.cert })],
  ])('a PostgreSQL server that speaks TLS is backed up with %s', async (_, inputs) => {
    const result = await runs.succeed(database, { force: 'true', ...inputs() });
    expect(result.outputs['row-count']).toBe('1000');
  });

  test('a PostgreSQL server is refused when another authority vouches for it', async () => {
    const inputs = { 'source-sslmode': 'verify-full', 'ssl-root-cert': stranger.cert };
    const result = await runs.run(database, { 'backup-name': 'never', ...inputs });
    expectFailure(result, /certificate verify failed/, /ssl-root-cert/);
  });

  test('a PostgreSQL server that demands TLS refuses a run without, and the input is named', async () => {
    const result = await runs.run(database, { 'backup-name': 'never', 'source-sslmode': 'disable' });
    expectFailure(result, /no encryption/, /source-sslmode/);
  });
});
