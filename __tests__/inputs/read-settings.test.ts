import { describe, expect, test } from '@jest/globals';
import { NO_KEYS } from '../../src/age/keys.js';
import { AS_BUCKET_SAYS } from '../../src/store/s3/at-rest.js';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';
import { readSettings } from '../../src/inputs/read-settings.js';
import { MODES } from '../../src/inputs/settings.js';
import { all, backup, BACKUP, faultOf, faultsOf, restore, RESTORE, s3Of, given } from './given.js';

const read = (inputs: Record<string, string>, env: Record<string, string> = {}) => readSettings(given(inputs, env));

describe('what a mode needs', () => {
  test('a missing mode is one line that names the modes', () => {
    expect(faultOf(() => read({}))).toBe(
      'input `mode` is missing: set it to `backup`, `restore`, `all`, `list`, `show`, `verify`, `prune`, `databases`, `status` or `roles`',
    );
  });

  test.each(['Backup', 'dump'])('the mode %s is not known, and the known ones are listed', (mode) => {
    const fault = faultOf(() => read({ ...BACKUP, mode }));
    const known = '`backup`, `restore`, `all`, `list`, `show`, `verify`, `prune`, `databases`, `status` or `roles`';
    expect(fault).toBe(`input \`mode\`: \`${mode}\` is not known: use one of ${known}`);
  });

  test.each([
    ['show', ['backup-name', 'database', 's3-bucket']],
    ['prune', ['database', 'keep-last', 's3-bucket']],
  ])('all that %s lacks is reported at once', (mode, names) => {
    const [, ...lines] = faultsOf(() => read({ mode }));
    expect(lines.map((line) => /^input `([^`]+)` is missing/.exec(line)?.[1]).sort()).toEqual(names);
  });

  test('all that a backup lacks is reported at once, with input and variable', () => {
    const [heading, ...lines] = faultsOf(() => read({ mode: 'backup' }));
    expect(heading).toBe('4 inputs are wrong:');
    const needed = {
      database: 'SRC_DBNAME',
      'source-host': 'SRC_PGHOST',
      'source-user': 'SRC_PGUSER',
      's3-bucket': 'S3_BUCKET',
    };
    for (const [name, variable] of Object.entries(needed)) {
      const line = `input \`${name}\` is missing: set it, or the environment variable \`${variable}\`, to`;
      expect(lines.filter((one) => one.startsWith(line))).toHaveLength(1);
    }
    expect(lines).toHaveLength(4);
  });

  test('all that a restore lacks is reported at once', () => {
    const [, ...lines] = faultsOf(() => read({ mode: 'restore' }));
    const names = lines.map((line) => /^input `([^`]+)` is missing/.exec(line)?.[1]).sort();
    expect(names).toEqual(['backup-name', 'database', 's3-bucket', 'target-host', 'target-user']);
  });

  test('mode all needs source and target', () => {
    const [, ...lines] = faultsOf(() => read({ mode: 'all' }));
    const names = lines.map((line) => /^input `([^`]+)` is missing/.exec(line)?.[1]).sort();
    expect(names).toEqual(['database', 's3-bucket', 'source-host', 'source-user', 'target-host', 'target-user']);
  });

  test('a backup with the least inputs has the defaults of the interface', () => {
    expect(backup()).toEqual({
      mode: 'backup',
      backupName: null,
      database: 'app',
      source: {
        host: 'src.example',
        port: 5432,
        user: 'reader',
        password: null,
        database: 'app',
        sslMode: null,
        sslRootCert: null,
      },
      compress: '0',
      dumpOptions: [],
      dumpJobs: 1,
      dryRun: false,
      force: false,
      store: {
        kind: 's3',
        bucket: 'backups',
        prefix: '',
        exactKey: null,
        region: 'us-east-1',
        endpoint: null,
        forcePathStyle: false,
        verifySsl: true,
        credentials: null,
        chunkSizeBytes: null,
        maxRetries: 3,
        atRest: AS_BUCKET_SAYS,
        keys: NO_KEYS,
      },
      toolbox: { client: 'auto', container: null, image: null, runtime: 'auto' },
      pgOptions: '-c statement_timeout=0 -c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=1',
      skipChecks: false,
      log: { quiet: false, debug: false, showProgress: true },
    });
  });

  test('a restore with the least inputs has the defaults of the interface', () => {
    expect(restore()).toMatchObject({
      mode: 'restore',
      backupName: 'latest',
      target: { host: 'dst.example', port: 5432, user: 'writer', database: 'app' },
      jobs: 1,
      indexStrategy: 'empty',
      validateForeignKeys: 'now',
      skipEntries: [],
      keepTablespaces: false,
      keepAccessMethods: false,
      keepSubscriptions: false,
      keepOwner: false,
      keepPrivileges: false,
      analyze: true,
      verify: 'true',
    });
  });

  test('mode all has both sides', () => {
    const settings = all({ 'target-database': 'copy' });
    expect(settings.source).toMatchObject({ host: 'src.example', database: 'app' });
    expect(settings.target).toMatchObject({ host: 'dst.example', database: 'copy' });
  });

  test('mode all refuses to restore a database into itself', () => {
    const fault = faultOf(() => all({ 'target-host': 'src.example' }));
    expect(fault).toContain('source and target are the same database, `src.example:5432/app`');
    expect(all({ 'target-host': 'src.example', 'target-database': 'copy' }).target.database).toBe('copy');
  });
});

describe('where a value comes from', () => {
  test('an input comes before its variable, and that before the default', () => {
    expect(backup({ 'source-port': '1' }, { SRC_PGPORT: '2' }).source.port).toBe(1);
    expect(backup({}, { SRC_PGPORT: '2' }).source.port).toBe(2);
    expect(backup().source.port).toBe(5432);
  });

  test('an input that is empty or blank falls back, and so does an empty variable', () => {
    expect(backup({ 'source-port': '  ' }, { SRC_PGPORT: '2' }).source.port).toBe(2);
    expect(backup({ 'source-port': '' }, { SRC_PGPORT: '' }).source.port).toBe(5432);
  });

  test('the variables of an input are looked at in their order', () => {
    const env = { AWS_REGION: '', AWS_DEFAULT_REGION: 'eu-west-1' };
    expect(s3Of(backup({}, env)).region).toBe('eu-west-1');
    expect(s3Of(backup({}, { ...env, AWS_REGION: 'eu-central-1' })).region).toBe('eu-central-1');
  });

  test('a fault names the place that the value came from, and the input', () => {
    expect(faultOf(() => backup({}, { SRC_PGPORT: 'x' }))).toMatch(
      /^environment variable `SRC_PGPORT` \(for input `source-port`\): `x` is not a port/,
    );
    expect(faultOf(() => backup({ 'source-port': 'x' }))).toMatch(
      /^input `source-port` \(or environment variable `SRC_PGPORT`\): `x` is not a port/,
    );
  });

  test('the older variables all work without any input but the mode', () => {
    const env = {
      SRC_DBNAME: 'app',
      SRC_PGHOST: 'h',
      SRC_PGUSER: 'u',
      SRC_PGPASSWORD: ' p w ',
      S3_BUCKET: 'b',
      S3_PREFIX: '/a/b/',
      BACKUP_NAME: 'monday',
      S3_CHUNK_SIZE: '64MB',
      FORCE: 'true',
    };
    const settings = read({ mode: 'backup' }, env);
    expect(settings).toMatchObject({
      backupName: 'monday',
      source: { host: 'h', user: 'u', password: ' p w ', database: 'app' },
      store: { bucket: 'b', prefix: 'a/b', chunkSizeBytes: 64 * 1024 * 1024 },
      force: true,
    });
  });

  test('a variable for the other side does not stop a backup; an input that is wrong does', () => {
    expect(backup({}, { RESTORE_JOBS: 'many', DST_PGPORT: 'x' }).mode).toBe('backup');
    expect(faultOf(() => backup({ 'restore-jobs': 'many' }))).toContain('`many` is not a number of workers');
  });
});

describe('which modes use an input', () => {
  // Refused by every parser but those of secrets, which take any text.
  const JUNK = 'x\u0001 /..@';
  const checked = ALL_INPUTS.filter(({ name, env, parseEnv }) => {
    // PGSSLMODE is read for either side.
    return env.length > 0 && 'faults' in parseEnv(JUNK) && !name.endsWith('sslmode');
  });

  test.each(MODES.flatMap((mode) => checked.map((definition) => [mode, definition.name, definition] as const)))(
    'the mode %s and %s: the input is read as its definition says',
    (mode, _name, definition) => {
      const variable = definition.env[0] ?? '';
      const faults = faultsOf(() => read({ mode }, { [variable]: JUNK }));
      const about = faults.filter((fault) => fault.startsWith(`environment variable \`${variable}\``));
      expect(about).toHaveLength(definition.modes.includes(mode) ? 1 : 0);
    },
  );
});

describe('names and confirmation', () => {
  test('`latest` is a name for a restore only', () => {
    expect(restore({ 'backup-name': 'latest' }).backupName).toBe('latest');
    expect(faultOf(() => all({ 'backup-name': 'latest' }))).toContain('`backup-name`');
  });

  test('record-proof contradicts a restore that is not verified', () => {
    expect(restore({ 'record-proof': 'true', verify: 'full' })).toMatchObject({ recordProof: true });
    expect(restore({ verify: 'false' })).toMatchObject({ recordProof: false });
    expect(faultOf(() => restore({ 'record-proof': 'true', verify: 'false' }))).toBe(
      'input `record-proof`: a restore that is not verified proves nothing: leave `verify: false` out',
    );
  });

  test('confirm must be the name of the target database', () => {
    expect(restore({ confirm: 'app' }).target.database).toBe('app');
    const inputs = { 'target-database': 'copy', confirm: 'app' };
    expect(faultOf(() => restore(inputs))).toContain('`app` is not the target database, `copy`');
    expect(restore({ ...inputs, confirm: 'copy' }).target.database).toBe('copy');
  });

  test('a container that is asked for must be named', () => {
    expect(faultOf(() => restore({ 'pg-client': 'container' }))).toContain('input `pg-container` is missing');
    expect(restore({ 'pg-client': 'container', 'pg-container': 'db' }).toolbox.container).toBe('db');
  });

  test('a restore needs the database that the backup was taken of', () => {
    expect(faultOf(() => read({ ...RESTORE, database: '' }))).toMatch(/^input `database` is missing/);
  });
});
