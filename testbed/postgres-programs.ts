import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { IS_ROOT, testbedDirectory, testbedScript } from './places.js';
import { runProgram } from './run-program.js';

/** The major versions of PostgreSQL that Debian's packages give the testbed. */
export type Major = 15 | 17 | 18;

/** Where packages of Debian, Fedora and the like put versioned PostgreSQL programs; `*` is the major version. */
const VERSIONED_DIRECTORIES = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin'];

/**
 * The directory with initdb, postgres, psql and the others of a PostgreSQL version; without a version the newest one that is
 * installed. What is missing is fetched from Debian when this process is root and has apt.
 * Throws an error that names the one thing to install otherwise.
 */
export async function postgresPrograms(major?: Major): Promise<string> {
  if (major !== undefined) return (await installed(major)) ?? (await unpacked(major));
  return (await installed()) ?? (await install());
}

/** A directory with nothing but pg_dump, pg_restore and psql of a version, to stand on a PATH. */
export async function clientBin(major: Major): Promise<string> {
  const programs = await postgresPrograms(major);
  const directory = join(testbedDirectory(), `clients-${major}`);
  await mkdir(directory, { recursive: true });
  for (const tool of ['pg_dump', 'pg_restore', 'psql']) {
    await symlink(join(programs, tool), join(directory, tool)).catch((error: unknown) => {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
    });
  }
  return directory;
}

/** Extensions that people use and that are not PostgreSQL's own, as Debian packages them for 17; for 15 it has no pgvector. */
const EXTENSIONS = ['postgis-3', 'pgvector', 'partman', 'cron', 'hypopg'].map((name) => `postgresql-17-${name}`);

/** The directory with the programs of a PostgreSQL 17 that has these extensions; fetched the first time (200 MB), as other versions are. */
export function programsWithExtensions(): Promise<string> {
  return unpacked(17, EXTENSIONS);
}

/** An installed server of the version, or the newest, or null. */
async function installed(major?: Major): Promise<string | null> {
  const found: { version: number; directory: string }[] = [];
  for (const pattern of VERSIONED_DIRECTORIES) {
    const [parent = '', rest = ''] = pattern.split('*');
    const [folder, prefix] = [parent.slice(0, parent.lastIndexOf('/')), parent.slice(parent.lastIndexOf('/') + 1)];
    for (const entry of await readdir(folder).catch(() => [])) {
      const version = Number(entry.slice(prefix.length));
      if (entry.startsWith(prefix) && version > 0)
        found.push({ version, directory: `${folder}/${prefix}${version}${rest}` });
    }
  }
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (directory === '' || !existsSync(join(directory, 'postgres'))) continue;
    const version = Number(/\d+/.exec(await runProgram(join(directory, 'postgres'), ['--version']))?.[0]);
    found.push({ version, directory });
  }
  const usable = found
    .filter(({ version, directory }) => (major ?? version) === version && existsSync(join(directory, 'initdb')))
    .sort((a, b) => b.version - a.version);
  return usable[0]?.directory ?? null;
}

/** A version out of Debian's packages, unpacked into the testbed's directory. */
async function unpacked(major: Major, packages: readonly string[] = []): Promise<string> {
  const env = { TESTBED_DIR: testbedDirectory() };
  return (await runProgram('bash', [testbedScript('postgres-tree.sh'), String(major), ...packages], { env })).trim();
}

/** Installs the distribution's PostgreSQL, without the cluster that its packages make and start otherwise. */
async function install(): Promise<string> {
  const apt = await runProgram('sh', ['-c', 'command -v apt-get']).catch(() => '');
  if (!IS_ROOT || apt === '') {
    throw new Error(
      'PostgreSQL is not installed: install the package of its server with the contrib modules ("postgresql")',
    );
  }
  process.stderr.write('PostgreSQL is not installed: installing the package "postgresql" with apt\n');
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  const aptGet = (...args: string[]) =>
    runProgram('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env });
  await aptGet('update');
  await aptGet('install', '-y', '--no-install-recommends', 'postgresql-common');
  const file = '/etc/postgresql-common/createcluster.conf';
  const before = await readFile(file, 'utf8').catch(() => null);
  await writeFile(file, 'create_main_cluster = false\n');
  try {
    await aptGet('install', '-y', '--no-install-recommends', 'postgresql', 'postgresql-contrib');
  } finally {
    if (before !== null) await writeFile(file, before);
  }
  const directory = await installed();
  if (directory === null) throw new Error('the package "postgresql" was installed, but its server was not found');
  return directory;
}
