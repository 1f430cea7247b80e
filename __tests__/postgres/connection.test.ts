import { describe, expect, test } from '@jest/globals';
import { connectionEnv, conninfo, type Connection } from '../../src/postgres/connection.js';
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
const SESSION = { tool: 'psql' as const, applicationName: 'phaselift x', pgOptions: '-c statement_timeout=0' };

describe('connectionEnv', () => {
  test('connectionEnv says everything in the environment', () => {
    expect(connectionEnv(CONNECTION, { ...SESSION, connectTimeoutSeconds: 30 })).toEqual({
      PGHOST: 'db.example',
      PGPORT: '5433',
      PGUSER: 'u',
      PGPASSWORD: 'secret',
      PGDATABASE: 'host=evil',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/certs/root.pem',
      PGAPPNAME: 'phaselift x',
      PGOPTIONS: sessionOptions('-c statement_timeout=0', 'psql'),
      PGCONNECT_TIMEOUT: '30',
    });
  });

  test('connectionEnv leaves to libpq what was not given', () => {
    const env = connectionEnv({ ...CONNECTION, password: null, sslMode: null, sslRootCert: null }, SESSION);
    expect(Object.keys(env).sort()).toEqual(['PGAPPNAME', 'PGDATABASE', 'PGHOST', 'PGOPTIONS', 'PGPORT', 'PGUSER']);
  });
});

describe('the connection string', () => {
  const asking = (words: Record<string, string>) =>
    conninfo({ ...CONNECTION, parameters: { words, files: {}, options: '', ignored: [] } });

  test('the connection string keeps sessions alive and names no database', () => {
    expect(conninfo(CONNECTION)).toBe('keepalives=1 keepalives_idle=10 keepalives_interval=10 keepalives_count=60');
  });

  test('the connection string says what a URL asks for, in place of our own', () => {
    expect(asking({ keepalives_idle: '7', channel_binding: 'require' })).toBe(
      'keepalives=1 keepalives_idle=7 keepalives_interval=10 keepalives_count=60 channel_binding=require',
    );
  });

  test('the connection string quotes what is more than a word', () => {
    expect(asking({ require_auth: "!password,o'\\ther" })).toMatch(/require_auth='!password,o\\'\\\\ther'$/);
  });
});

test('files and options of a URL are in the environment, its options before ours', () => {
  const parameters = { words: {}, files: { PGSSLKEY: '/k' }, options: 'endpoint=a', ignored: [] };
  expect(connectionEnv({ ...CONNECTION, parameters }, SESSION)).toMatchObject({
    PGSSLKEY: '/k',
    PGOPTIONS: sessionOptions(`endpoint=a ${SESSION.pgOptions}`, 'psql'),
  });
});
