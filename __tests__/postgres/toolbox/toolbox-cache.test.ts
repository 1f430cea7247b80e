import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Connection } from '../../../src/postgres/connection.js';
import type { Toolbox } from '../../../src/postgres/toolbox.js';
import { ToolboxCache } from '../../../src/postgres/toolbox/toolbox-cache.js';
import { MemoryLogger } from '../../helpers/memory-logger.js';
import { FakeMachine } from './fake-tools.js';

const SETTINGS = { client: 'container', container: 'db', image: null, runtime: 'docker' } as const;

/** A runtime whose containers are this machine: `exec` runs the command here, with the tools of `inside`. */
const DOCKER = `
inside="\${0%/*}/../inside"
command=$1
shift
[ "$command" = exec ] || { echo "c0ffee true bridge"; exit 0; }
while :; do
  case $1 in
    -i) shift ;;
    -e) shift 2 ;;
    *) break ;;
  esac
done
shift
PATH="$inside:/usr/bin:/bin" exec "$@"
`;

/** Tells its version, or else which root certificate it was led to, and what that is. */
const TOOL = `
[ "$1" = --version ] && { echo "$(basename "$0") (PostgreSQL) 16.3"; exit; }
echo "$PGSSLROOTCERT"
cat "$PGSSLROOTCERT"
`;

let machine: FakeMachine;

beforeEach(async () => {
  machine = await FakeMachine.make();
  await machine.program('bin/docker', DOCKER);
  for (const tool of ['pg_dump', 'pg_restore', 'psql']) await machine.program(join('inside', tool), TOOL);
});

afterEach(() => machine.leave());

async function connectionWith(certificate: string): Promise<Connection> {
  const sslRootCert = join(machine.directory, `${certificate}.pem`);
  await writeFile(sslRootCert, `certificate of ${certificate}`);
  return { host: 'db', port: 5432, user: 'u', password: null, database: 'd', sslMode: 'verify-full', sslRootCert };
}

async function certificateSeen(toolbox: Toolbox, { sslRootCert }: Connection): Promise<string[]> {
  const env = { PGSSLROOTCERT: sslRootCert ?? '' };
  return (await text(toolbox.start('psql', { args: [], env, input: 'none' }).stdout)).split('\n');
}

test('the one toolbox of two connections has the root certificate of each in its container', async () => {
  const [source, target] = [await connectionWith('source'), await connectionWith('target')];
  const cache = new ToolboxCache(SETTINGS, new MemoryLogger(), () => undefined, null, [source, target]);
  try {
    const toolbox = await cache.atLeast(15, source);
    expect(await cache.atLeast(16, target)).toBe(toolbox);
    const [atSource, ofSource] = await certificateSeen(toolbox, source);
    const [atTarget, ofTarget] = await certificateSeen(toolbox, target);
    expect([ofSource, ofTarget]).toEqual(['certificate of source', 'certificate of target']);
    // They were copied: what the tools see are no paths of the runner.
    expect([atSource, atTarget]).not.toContain(source.sslRootCert);
    expect([atSource, atTarget]).not.toContain(target.sslRootCert);
  } finally {
    await cache.close();
  }
});
