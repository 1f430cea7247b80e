import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { makeCertificate } from '../../testbed/certificate.js';
import { startTlsFront, type TlsFront } from '../../testbed/tls-front.js';
import { BackupRuns, expectFailure } from '../commands/backup-runs.js';
import { createDatabase } from '../helpers/databases.js';
import { sharedPostgres, sharedS3 } from '../helpers/shared-servers.js';

const NOT_CHECKED = 's3-verify-ssl';

let s3: TlsFront;
let runs: BackupRuns;
let database: string;
let certFile: string;

beforeAll(async () => {
  const certificate = await makeCertificate();
  s3 = await startTlsFront(sharedS3().endpoint, certificate);
  runs = await BackupRuns.create();
  database = await createDatabase(sharedPostgres(), {
    sql: 'CREATE TABLE t AS SELECT g FROM generate_series(1, 1000) g;',
  });
  certFile = join(tmpdir(), `phaselift-s3-tls-${process.pid}.pem`);
  await writeFile(certFile, certificate.cert);
});

afterAll(async () => {
  runs.close();
  await s3.stop();
  await rm(certFile, { force: true });
});

test('an S3 server is trusted by its authority in NODE_EXTRA_CA_CERTS, without a warning', async () => {
  const changes = { 'backup-name': 'trusted', 's3-endpoint': s3.endpoint };
  const result = await runs.succeed(database, changes, { env: { NODE_EXTRA_CA_CERTS: certFile } });
  expect(result.annotations).toEqual([]);
  expect(await runs.visible()).toContain(`${database}/trusted.manifest.json`);
});

test('an S3 server of an unknown authority is not trusted, and both ways out are named', async () => {
  const result = await runs.run(database, { 'backup-name': 'never', 's3-endpoint': s3.endpoint });
  expectFailure(result, /the certificate of .* is not trusted: .*\(s3-verify-ssl\)/, /NODE_EXTRA_CA_CERTS/);
  expect(await runs.visible()).not.toContainEqual(expect.stringContaining('never'));
});

test('an S3 server is taken as it is with s3-verify-ssl: false, which warns', async () => {
  const result = await runs.succeed(database, {
    'backup-name': 'unchecked',
    's3-endpoint': s3.endpoint,
    [NOT_CHECKED]: 'false',
  });
  expect(result.annotations).toMatchObject([{ level: 'warning', message: expect.stringContaining(NOT_CHECKED) }]);
  expect(await runs.visible()).toContain(`${database}/unchecked.manifest.json`);
});
