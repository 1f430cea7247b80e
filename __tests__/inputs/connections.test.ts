import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../src/inputs/read-settings.js';
import { all, backup, BACKUP, faultOf, faultsOf, restore, RESTORE, given } from './given.js';

const URL_ONLY = { 'source-host': '', 'source-user': '' };
const TARGET_URL_ONLY = { 'target-host': '', 'target-user': '' };
const sourceOfUrl = (url: string) => backup({ ...URL_ONLY, 'source-url': url }).source;

describe('a connection URL', () => {
  test('a connection URL stands for host, port, user and password', () => {
    expect(sourceOfUrl('postgres://u%40x:p%2Fw%25@db.example:6543/app?sslmode=verify-full')).toEqual({
      host: 'db.example',
      port: 6543,
      user: 'u@x',
      password: 'p/w%',
      database: 'app',
      sslMode: 'verify-full',
      sslRootCert: null,
      parameters: { words: {}, files: {}, options: '', ignored: [] },
    });
  });

  test('a connection URL may begin with postgresql://, and leave port and password out', () => {
    const source = sourceOfUrl('postgresql://u@db.example');
    expect(source).toMatchObject({ host: 'db.example', port: 5432, user: 'u', password: null, database: 'app' });
  });

  test('a connection URL may name the directory of a socket, in both spellings of libpq', () => {
    expect(sourceOfUrl('postgres://u@%2Fvar%2Frun/app').host).toBe('/var/run');
    expect(sourceOfUrl('postgres://u@/app?host=/var/run').host).toBe('/var/run');
    expect(sourceOfUrl('postgres:///app?host=/var/run&user=u&port=1')).toMatchObject({
      host: '/var/run',
      user: 'u',
      port: 1,
    });
  });

  test('a connection URL keeps IPv6, plus signs and characters that browsers would encode', () => {
    expect(sourceOfUrl('postgres://u:a+b@[::1]:1/app')).toMatchObject({ host: '::1', port: 1, password: 'a+b' });
    expect(sourceOfUrl('postgres://u@h/app?password=a+b').password).toBe('a+b');
  });

  test('a connection URL takes the last of two values of a parameter, as libpq does', () => {
    const url = 'postgres://u@h/app?sslmode=disable&sslrootcert=/one&sslmode=verify-full&sslrootcert=/two';
    expect(sourceOfUrl(url)).toMatchObject({ sslMode: 'verify-full', sslRootCert: '/two' });
  });

  test('a connection URL does not open the file of sslrootcert', () => {
    expect(sourceOfUrl('postgres://u@h/app?sslmode=verify-full&sslrootcert=/no/such/file').sslRootCert).toBe(
      '/no/such/file',
    );
  });

  test.each([
    ['mysql://u:hidden@h/app', 'not a connection URL'],
    ['host=h user=u password=hidden', 'not a connection URL'],
    ['postgres://u:hid/den@h/app', 'percent-encode'],
    ['postgres://u:hid?den@h/app', 'percent-encode'],
    ['postgres://u:hid#den@h/app', 'percent-encode'],
    ['postgres://u:hid%den@h/app', 'percent-encode'],
    ['postgres://u:hid den@h/app', 'percent-encode'],
    ['postgres://u:hid%00den@h/app', 'zero byte'],
    ['postgres://u@h/app?password=hid%00den', 'zero byte'],
    ['postgres://u:12/hidden@h/app', 'percent-encode'],
    ['postgres://u:12?hidden@h/app', 'percent-encode'],
    ['postgres://u:hidden@h:70000/app', 'port'],
    ['postgres://u:hidden@h:x/app', 'port'],
    ['postgres://u:hidden@h/app?port=70000', 'port'],
    ['postgres://u:hidden@h/a/b', 'percent-encode'],
    ['postgres://u:hidden@h/app?sslmode=on', '`verify-full`'],
    ['postgres://u:hidden@h1,h2/app', 'several hosts'],
    ['postgres://u:hidden@h/app?host=a,b', 'several hosts'],
    ['postgres://u:12?hidden=1', 'one that libpq does not have'],
    ['postgres://u:hidden@/app', 'no host'],
    ['postgres://h/app', 'no user'],
  ])('the connection URL %s is refused without repeating it', (url, expected) => {
    const fault = faultOf(() => sourceOfUrl(url));
    expect(fault).toContain('`source-url`');
    expect(fault).toContain(expected);
    expect(fault).not.toMatch(/hid|den|12/);
  });

  test('the database in a connection URL is checked like any name', () => {
    expect(faultOf(() => backup({ ...URL_ONLY, database: '', 'source-url': 'postgres://u@h/a%2Fb' }))).toContain(
      'cannot be used as a name',
    );
  });

  test('the database in a connection URL stands in for an empty `database`', () => {
    const settings = backup({ ...URL_ONLY, database: '', 'source-url': 'postgres://u@h/shop' });
    expect(settings.database).toBe('shop');
    expect(settings.source.database).toBe('shop');
    expect(faultOf(() => backup({ ...URL_ONLY, database: '', 'source-url': 'postgres://u@h' }))).toContain(
      'input `database` is missing',
    );
  });

  test('the database in a connection URL must be the one that is named beside it', () => {
    const inputs = { ...URL_ONLY, 'source-url': 'postgres://u@h/shop' };
    expect(faultOf(() => backup(inputs))).toContain('it is `app`, and the database in `source-url` is `shop`');
    expect(backup({ ...inputs, database: 'shop' }).database).toBe('shop');
    const target = { ...TARGET_URL_ONLY, 'target-url': 'postgres://u@h/copy', 'target-database': 'other' };
    expect(faultOf(() => restore(target))).toContain('it is `other`, and the database in `target-url` is `copy`');
  });

  test('a database in an input and one in a URL: an input comes before the environment', () => {
    expect(backup(URL_ONLY, { SRC_URL: 'postgres://u@h/postgres' }).database).toBe('app');
    const inputs = { ...URL_ONLY, database: '', 'source-url': 'postgres://u@h/shop' };
    expect(backup(inputs, { SRC_DBNAME: 'left-over' }).database).toBe('shop');
  });

  test('the target is the database of its URL, of `target-database`, or of the backup', () => {
    const inputs = { ...TARGET_URL_ONLY, 'target-url': 'postgres://u@h/copy' };
    expect(restore(inputs)).toMatchObject({ database: 'app', target: { database: 'copy' } });
    expect(restore({ ...inputs, confirm: 'copy' }).target.database).toBe('copy');
    expect(restore({ ...TARGET_URL_ONLY, 'target-url': 'postgres://u@h' }).target.database).toBe('app');
    expect(restore({ 'target-database': 'copy' }).target.database).toBe('copy');
    expect(restore({}, { DST_DBNAME: 'copy' }).target.database).toBe('copy');
  });

  test('a connection URL that cannot be read makes no other input wrong', () => {
    const inputs = { ...BACKUP, ...URL_ONLY, database: '', 'source-url': 'nonsense' };
    expect(faultsOf(() => readSettings(given(inputs)))).toHaveLength(1);
    expect(faultsOf(() => restore({ ...TARGET_URL_ONLY, 'target-url': 'nonsense', confirm: 'copy' }))).toHaveLength(1);
  });
});

describe('a URL beside the inputs that it stands for', () => {
  test('a URL and what it stands for contradict each other as inputs, and both are named', () => {
    const fault = faultOf(() => backup({ 'source-url': 'postgres://u:hidden@h/app' }));
    expect(fault).toContain('`source-url`');
    expect(fault).toContain('`source-host`');
    expect(fault).toContain('`source-user`');
    expect(fault).toContain('keep one or the other');
    expect(fault).not.toContain('hidden');
  });

  test('a URL and what it stands for contradict each other in the environment', () => {
    const env = { DST_URL: 'postgres://u@h/app', DST_PGHOST: 'other' };
    expect(faultOf(() => restore(TARGET_URL_ONLY, env))).toContain('`DST_PGHOST`');
  });

  test('a URL as an input comes before what is left in the environment', () => {
    const env = { SRC_PGHOST: 'old', SRC_PGUSER: 'old', SRC_PGPASSWORD: 'old', SRC_PGPORT: '1' };
    expect(backup({ ...URL_ONLY, 'source-url': 'postgres://u@h/app' }, env).source).toMatchObject({
      host: 'h',
      user: 'u',
      password: null,
      port: 5432,
    });
  });

  test('a URL that is left in the environment loses against a host, even when it is wrong', () => {
    expect(backup({}, { SRC_URL: 'nonsense' }).source.host).toBe('src.example');
    expect(backup({}, { SRC_URL: 'postgres://old:old@old/old' }).source).toMatchObject({
      host: 'src.example',
      user: 'reader',
      password: null,
      database: 'app',
    });
  });

  test('a password beside a URL of the environment is refused, as it would be ignored', () => {
    const inputs = { ...URL_ONLY, 'source-password': 'hidden' };
    const fault = faultOf(() => backup(inputs, { SRC_URL: 'postgres://u@h/app' }));
    expect(fault).toContain('`source-password`');
    expect(fault).not.toContain('hidden');
  });
});

describe('TLS', () => {
  test('PGSSLMODE counts for both sides, an input for its own', () => {
    const settings = all({ 'source-sslmode': 'verify-full' }, { PGSSLMODE: 'require' });
    expect(settings.source.sslMode).toBe('verify-full');
    expect(settings.target.sslMode).toBe('require');
  });

  test('a URL comes before PGSSLMODE, and must agree with an input', () => {
    const inputs = { ...URL_ONLY, 'source-url': 'postgres://u@h/app?sslmode=require' };
    expect(backup(inputs, { PGSSLMODE: 'disable' }).source.sslMode).toBe('require');
    expect(backup(URL_ONLY, { SRC_URL: inputs['source-url'], PGSSLMODE: 'disable' }).source.sslMode).toBe('require');
    expect(faultOf(() => backup({ ...inputs, 'source-sslmode': 'disable' }))).toContain('says otherwise');
  });

  test('the certificates of the system need verify-full', () => {
    expect(restore({ 'ssl-root-cert': 'system' }).target).toMatchObject({ sslRootCert: 'system', sslMode: null });
    expect(faultOf(() => restore({ 'ssl-root-cert': 'system', 'target-sslmode': 'require' }))).toContain('too weak');
  });
});

describe('a host', () => {
  test.each(['postgres://u:hidden@h/app', 'u:hidden@h'])('%s is a URL, which is not repeated', (host) => {
    const fault = faultOf(() => restore({ ...RESTORE, 'target-host': host }));
    expect(fault).toContain('`target-host`');
    expect(fault).not.toContain('hidden');
  });

  test('a host has no spaces', () => {
    expect(faultOf(() => restore({ 'target-host': 'a b' }))).toContain('`a b` is not a host');
  });
});
