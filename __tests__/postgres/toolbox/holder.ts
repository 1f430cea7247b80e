/**
 * A run that is going to be killed: `holder.ts RUNTIME IMAGE MARKER` makes a toolbox from an image, starts a pg_dump, and
 * waits. The database comes by the environment's PG* variables.
 */
import { createToolbox } from '../../../src/postgres/toolbox/create-toolbox.js';
import { NullLogger } from '../../helpers/memory-logger.js';

const [runtime = '', image = '', marker = ''] = process.argv.slice(2);
if (runtime !== 'docker' && runtime !== 'podman') throw new Error('RUNTIME is docker or podman');
const env: Record<string, string> = {};
for (const [name, value] of Object.entries(process.env))
  if (name.startsWith('PG') && value !== undefined) env[name] = value;

const toolbox = await createToolbox(
  { client: 'image', container: null, image, runtime },
  { serverMajors: [], sslRootCert: null },
  new NullLogger(),
  {
    onContainerStarted: ({ name }) => {
      console.log(name);
    },
  },
);
toolbox.start('pg_dump', { args: ['-Fc', marker], env, input: 'none' });
setInterval(() => undefined, 1000);
