/**
 * `npm run inspect -- ARCHIVE [--strategy empty] [--server-major 17] [--all]` prints head, map and plan of an archive in custom
 * format, a directory archive, or a backup: a path, or `s3://bucket/key` with the S3 settings of the environment. Lists end
 * after 50 lines without `--all`. Exit code 2 for an archive that cannot be read, and for wrong arguments.
 */
import { parseArgs } from 'node:util';
import { messageOf, PhaseliftError } from '../src/foundation/errors.js';
import type { Logger } from '../src/foundation/logger.js';
import { inWorkflow, shown } from '../src/foundation/text.js';
import { INDEX_STRATEGIES } from '../src/plan/index-strategy.js';
import { inspection } from './inspection.js';
import { openAnyArchive } from './open-any-archive.js';

const USAGE = `Usage: npm run inspect -- ARCHIVE [--strategy ${INDEX_STRATEGIES.join('|')}] [--server-major N] [--all]`;

/** Only warnings are of interest beside what is printed. */
const log: Logger = {
  info: () => undefined,
  debug: () => undefined,
  warning: (text) => {
    console.error(`warning: ${shown(text, inWorkflow)}`);
  },
  group: () => undefined,
  endGroup: () => undefined,
  hide: () => undefined,
};

try {
  const { name, options } = readArguments();
  const lines = inspection(await openAnyArchive(name, process.env, log), options);
  process.stdout.write(`${lines.join('\n')}\n`);
} catch (error) {
  console.error(messageOf(error));
  if (error instanceof PhaseliftError && error.hint !== undefined) console.error(error.hint);
  process.exitCode = 2;
}

function readArguments(): { name: string; options: Parameters<typeof inspection>[1] } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      strategy: { type: 'string', default: 'empty' },
      'server-major': { type: 'string' },
      all: { type: 'boolean', default: false },
    },
  });
  const [name, ...others] = positionals;
  if (name === undefined || others.length > 0) throw new PhaseliftError('INPUT', USAGE);
  const indexStrategy = INDEX_STRATEGIES.find((known) => known === values.strategy);
  if (indexStrategy === undefined) throw new PhaseliftError('INPUT', USAGE);
  const major = values['server-major'];
  if (major !== undefined && !/^[1-9]\d$/.test(major)) throw new PhaseliftError('INPUT', USAGE);
  return { name, options: { indexStrategy, serverMajor: major === undefined ? null : Number(major), all: values.all } };
}
