import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { CliRuns } from './cli-runs.js';

/** What `npm publish` would send, installed where nothing else is, by an npm that may not ask a registry and has no cache. */
describe('the package of npm', () => {
  let cli: CliRuns;
  let folder: string;
  let app: string;
  let npm: Record<string, string>;

  beforeAll(async () => {
    cli = await CliRuns.create('CREATE TABLE t AS SELECT generate_series(1, 500) AS id;');
    folder = await mkdtemp(join(tmpdir(), 'phaselift-package-'));
    app = join(folder, 'app');
    await mkdir(app);
    npm = {
      HOME: folder,
      npm_config_cache: join(folder, 'cache'),
      npm_config_offline: 'true',
      npm_config_audit: 'false',
      npm_config_update_notifier: 'false',
    };
  });
  afterAll(async () => {
    await cli.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('holds the command line, and nothing to install or to run when it is installed', async () => {
    const answer = await runProgram('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: PROJECT_DIRECTORY,
      env: npm,
    });
    const [packed] = JSON.parse(answer) as { filename: string; files: { path: string; mode: number }[] }[];
    expect(packed?.files.map(({ path }) => path).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist/cli-licenses.txt',
      'dist/cli.js',
      'dist/package.json',
      'package.json',
    ]);
    await runProgram('npm', ['install', '--prefix', app, join(folder, packed?.filename ?? '')], { cwd: app, env: npm });
    expect((await readdir(join(app, 'node_modules'))).filter((name) => !name.startsWith('.'))).toEqual(['phaselift']);
    const manifest = JSON.parse(await readFile(join(app, 'node_modules/phaselift/package.json'), 'utf8')) as {
      private?: boolean;
      dependencies?: object;
      scripts: Record<string, string>;
    };
    expect(manifest).not.toHaveProperty('private');
    expect(manifest).not.toHaveProperty('dependencies');
    const hooks = ['preinstall', 'install', 'postinstall', 'prepare', 'prepublish'];
    expect(Object.keys(manifest.scripts).filter((name) => hooks.includes(name))).toEqual([]);
  });

  test('backs up by npx, and as the example of systemd starts it', async () => {
    const env = { ...cli.env(''), ...npm };
    const asked = await runProgram('npx', ['--prefix', app, 'phaselift', '--backup', '--json'], { cwd: app, env });
    cli.expectNoSecrets(asked, env);
    expect(JSON.parse(asked)).toMatchObject({ 'backup-name': 'one', 'row-count': 500 });

    const service = await readFile(join(PROJECT_DIRECTORY, 'examples/phaselift.service'), 'utf8');
    const [program, ...args] = /^ExecStart=(.*)$/m.exec(service)?.[1]?.split(' ') ?? [];
    expect([program, args[0]]).toEqual(['/usr/local/bin/phaselift', '--backup']);
    const started = await runProgram(join(app, 'node_modules/.bin/phaselift'), args, {
      cwd: app,
      env: { ...env, BACKUP_NAME: 'two' },
    });
    expect(started).toMatch(/^rows +500$/m);
    expect(await cli.runs.bucket.keys()).toEqual(
      expect.arrayContaining([expect.stringMatching(/two\.manifest\.json$/)]),
    );
  });

  test('its units of systemd have no fault that systemd knows', async () => {
    const systemd = await runProgram('systemd-analyze', ['--version']).catch(() => null);
    if (systemd === null) return; // no systemd here
    const units = ['phaselift.service', 'phaselift.timer'];
    for (const unit of units) {
      const text = await readFile(join(PROJECT_DIRECTORY, 'examples', unit), 'utf8');
      // The program has to be there.
      await writeFile(join(folder, unit), text.replace('/usr/local/bin/phaselift', '/bin/true'));
    }
    const paths = units.map((unit) => join(folder, unit));
    // It tells faults on stderr, and is content all the same.
    expect(await runProgram('sh', ['-c', 'systemd-analyze verify --man=no "$@" 2>&1', 'sh', ...paths])).toBe('');
  });
});
