import { describe, expect, test } from '@jest/globals';
import { backup, faultOf } from './given.js';

const sourceOfUrl = (query: string) =>
  backup({ 'source-host': '', 'source-user': '', 'source-url': `postgres://u:hidden@h/app?${query}` }).source;
const asked = (query: string) => sourceOfUrl(query).parameters;

describe('a parameter of a connection URL', () => {
  test.each([
    ['channel_binding', 'require'],
    ['connect_timeout', '10'],
    ['gssdelegation', '0'],
    ['gssencmode', 'disable'],
    ['gsslib', 'gssapi'],
    ['keepalives', '0'],
    ['keepalives_count', '5'],
    ['keepalives_idle', '30'],
    ['keepalives_interval', '5'],
    ['krbsrvname', 'postgres'],
    ['load_balance_hosts', 'random'],
    ['max_protocol_version', 'latest'],
    ['min_protocol_version', '3.0'],
    ['require_auth', '!password,!md5'],
    ['requirepeer', 'postgres'],
    ['ssl_max_protocol_version', 'TLSv1.3'],
    ['ssl_min_protocol_version', 'TLSv1.2'],
    ['sslcertmode', 'allow'],
    ['sslcompression', '0'],
    ['sslnegotiation', 'direct'],
    ['sslsni', '1'],
    ['target_session_attrs', 'read-write'],
    ['tcp_user_timeout', '30000'],
  ])('the URL parameter %s is passed on', (name, value) => {
    expect(asked(`${name}=${value}`)).toEqual({ words: { [name]: value }, files: {}, options: '', ignored: [] });
    // What strayed there may be a part of a password, and would stand in the list of processes.
    const fault = faultOf(() => sourceOfUrl(`${name}=hid;den`));
    expect(fault).toContain(`\`${name}\`: its value is none that libpq takes`);
    expect(fault).not.toMatch(/hid|den/);
  });

  test.each([
    ['sslcert', 'PGSSLCERT'],
    ['sslkey', 'PGSSLKEY'],
    ['sslcrl', 'PGSSLCRL'],
  ])('the URL parameter %s is the file that its author names', (name, variable) => {
    expect(asked(`${name}=/certs/a%20b`)?.files).toEqual({ [variable]: '/certs/a b' });
  });

  test('the URL parameter options goes to the server, as that of Neon must', () => {
    expect(asked('options=endpoint%3Dep-cool-1')?.options).toBe('endpoint=ep-cool-1');
    expect(asked('options=-c%20work_mem%3D1MB')?.options).toBe('-c work_mem=1MB');
  });

  test.each([
    ['as Neon prints it', 'sslmode=require&channel_binding=require'],
    ['as others print it', 'sslmode=require&connect_timeout=10&application_name=x'],
    ['as Prisma wants it', 'schema=public&pgbouncer=true&connection_limit=1&pool_timeout=20&socket_timeout=5'],
    ['as node-postgres wants it', 'sslmode=require&uselibpqcompat=true'],
  ])('a URL is taken %s', (_what, query) => {
    expect(sourceOfUrl(query).host).toBe('h');
  });

  test.each([
    'application_name',
    'fallback_application_name',
    'client_encoding',
    'pgbouncer',
    'schema',
    'uselibpqcompat',
    'connection_limit',
    'statement_cache_size',
  ])('the URL parameter %s is not used, and that is told', (name) => {
    const parameters = asked(`${name}=x`);
    expect(parameters).toMatchObject({ words: {}, files: {}, options: '' });
    expect(parameters?.ignored.map((one) => one.name)).toEqual([name]);
    expect(String(parameters?.ignored[0]?.reason ?? '')).toMatch(/./);
  });

  test.each([
    ['hostaddr', 'another place'],
    ['service', 'another place'],
    ['servicefile', 'another place'],
    ['passfile', 'password in the URL'],
    ['replication', 'no statements'],
    ['requiressl', '`sslmode=require`'],
    ['sslpassword', 'list of processes'],
    ['scram_client_key', 'list of processes'],
    ['sslkeylogfile', 'written to a file'],
    ['sslcrldir', '`sslcrl`'],
    ['sslaccept', '`sslmode`'],
    ['oauth_issuer', 'browser'],
  ])('the URL parameter %s is refused with the reason', (name, reason) => {
    const fault = faultOf(() => sourceOfUrl(`${name}=secretly`));
    expect(fault).toContain(`\`${name}\``);
    expect(fault).toContain(reason);
    expect(fault).not.toContain('secretly');
  });

  test.each(['constructor', '__proto__', 'toString', 'hid_den'])('URL parameter %s is none, not repeated', (name) => {
    const fault = faultOf(() => sourceOfUrl(`${name}=1`));
    expect(fault).toContain('one that libpq does not have');
    expect(fault).not.toContain(name);
  });

  test('a URL parameter that is empty counts as not given, and the last of two counts', () => {
    expect(asked('connect_timeout=&options=')).toEqual({ words: {}, files: {}, options: '', ignored: [] });
    expect(asked('connect_timeout=x&connect_timeout=5')?.words).toEqual({ connect_timeout: '5' });
  });

  test('the URL parameter ssl=true means what it means for libpq', () => {
    expect(sourceOfUrl('ssl=true').sslMode).toBe('require');
    expect(sourceOfUrl('ssl=true&sslmode=verify-full').sslMode).toBe('verify-full');
    expect(faultOf(() => sourceOfUrl('ssl=false'))).toContain('`sslmode`');
  });
});
