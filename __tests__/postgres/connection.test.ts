import { describe, expect, test } from '@jest/globals';
import { connectionEnv, KEEPALIVE_CONNINFO, type Connection } from '../../src/postgres/connection.js';
import { sessionOptions } from '../../src/postgres/session-settings.js';

const CONNECTION: Connection = {
  host: 'db.example',
  port: 5433,
  user: 'u',
  password: 'secret',
  database: 'host=evil',
  sslMode: 'verify-full',
  sslRootCert: '/certs/root.pem',
};
const SESSION = { applicationName: 'phaselift x', pgOptions: '-c statement_timeout=0' };

describe('connectionEnv', () => {
  test('says everything in the environment', () => {
    expect(connectionEnv(CONNECTION, { ...SESSION, connectTimeoutSeconds: 30 })).toEqual({
      PGHOST: 'db.example',
      PGPORT: '5433',
      PGUSER: 'u',
      PGPASSWORD: 'secret',
      PGDATABASE: 'host=evil',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/certs/root.pem',
      PGAPPNAME: 'phaselift x',
      PGOPTIONS: sessionOptions('-c statement_timeout=0'),
      PGCONNECT_TIMEOUT: '30',
    });
  });

  test('leaves to libpq what was not given', () => {
    const env = connectionEnv({ ...CONNECTION, password: null, sslMode: null, sslRootCert: null }, SESSION);
    expect(Object.keys(env).sort()).toEqual(['PGAPPNAME', 'PGDATABASE', 'PGHOST', 'PGOPTIONS', 'PGPORT', 'PGUSER']);
  });
});

test('the keepalive string names no database', () => {
  expect(KEEPALIVE_CONNINFO).not.toContain('dbname');
});
