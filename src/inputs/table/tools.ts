/** Where pg_dump, pg_restore and psql run, and with which settings of the server. */
import { inputsOf, none, preset } from '../input-definition.js';
import { choice, options, word } from '../scalars.js';

const CLIENTS = ['auto', 'path', 'container', 'image'] as const;
const RUNTIMES = ['auto', 'docker', 'podman'] as const;
const PG_OPTIONS = '-c statement_timeout=0 -c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=1';

/** A container's id or name, an image's name: neither begins with a dash, as both become arguments. */
const CONTAINER = word('the id or name of a container', /^[A-Za-z0-9][\w.-]*$/);
const IMAGE = word('the name of an image', /^[A-Za-z0-9][\w./:@-]*$/);

const row = inputsOf('tools');

/** The rows of this group, by the names that the code has for them. */
export const TOOL_INPUTS = {
  pgContainer: row<string | null>(
    'pg-container',
    'Id or name of a running container to run the PostgreSQL tools in: `job.services.postgres.id` of a job with that service.',
    CONTAINER,
    none(),
    { env: ['PG_CONTAINER'] },
  ),
  pgImage: row<string | null>(
    'pg-image',
    'Image to run the PostgreSQL tools from, where there are none.',
    IMAGE,
    none("`postgres:16`, or the server's major when it is newer"),
    { env: ['PG_BASE_IMG'] },
  ),
  pgClient: row(
    'pg-client',
    'Where the PostgreSQL tools run: `auto`, `path`, `container` or `image`.',
    choice(CLIENTS),
    preset<(typeof CLIENTS)[number]>('auto'),
    { env: ['PG_CLIENT'] },
  ),
  containerRuntime: row(
    'container-runtime',
    'What runs containers: `auto`, `docker` or `podman`.',
    choice(RUNTIMES),
    preset<(typeof RUNTIMES)[number]>('auto'),
    { env: ['CONTAINER_RUNTIME'] },
  ),
  pgOptions: row(
    'pg-options',
    'Server settings of each session, as in PGOPTIONS of libpq. Timeouts and search_path do not count: Phaselift sets its own.',
    options,
    preset(PG_OPTIONS),
    { env: ['PGOPTIONS'] },
  ),
};
