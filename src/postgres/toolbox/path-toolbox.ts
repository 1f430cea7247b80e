import { realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { which } from '@actions/io';
import { messageOf } from '../../foundation/errors.js';
import { discarding, startProcess } from '../../process/running-process.js';
import { runShortCommand } from '../../process/short-command.js';
import type { Tool, Toolbox } from '../toolbox.js';
import { withBulkOutput } from './bulk-output.js';
import { toolEnvironment } from './environment.js';
import { underLifeline } from './lifeline.js';
import {
  isUnusable,
  readToolVersions,
  TOOLS,
  tooOld,
  versionsText,
  type ToolVersions,
  type Unusable,
} from './tool-versions.js';
import { versionedDirectories, type VersionedRoot } from './versioned-directories.js';

type ToolPaths = Readonly<Record<Tool, string>>;
type Found = { paths: ToolPaths; versions: ToolVersions };

/**
 * The tools on PATH if they are new enough, else the newest of PostgreSQL's versioned directories that are. Otherwise the
 * reasons, one for each place looked at.
 */
export async function pathToolbox(
  serverMajors: readonly number[],
  roots: readonly VersionedRoot[],
): Promise<Toolbox | Unusable> {
  const [directories, stdbuf] = await Promise.all([versionedDirectories(roots), which('stdbuf', false)]);
  const reasons: string[] = [];
  const onPath = await lookOnPath(serverMajors);
  if (isUnusable(onPath)) {
    reasons.push(`PATH: ${onPath.reason}`);
  } else {
    const direct = (await behindWrapper(onPath, directories)) ?? onPath;
    return toolboxOf(direct, stdbuf, `on PATH (${dirname(direct.paths.pg_dump)})`);
  }
  for (const directory of directories) {
    const found = await look(pathsIn(directory), serverMajors);
    if (!isUnusable(found)) return toolboxOf(found, stdbuf, `in ${directory}, because ${reasons.join('; ')}`);
    reasons.push(`${directory}: ${found.reason}`);
  }
  return { reason: reasons.join('; ') };
}

function toolboxOf({ paths, versions }: Found, stdbuf: string, place: string): Toolbox {
  return {
    kind: 'path',
    sharesHostNetwork: true,
    description: `PostgreSQL tools ${versionsText(versions)} ${place}`,
    versions,
    start(tool, { args, env, input, writesTo, writesMuch }) {
      const variables = { ...toolEnvironment(), ...env };
      if (writesTo !== undefined) {
        const [file, ...rest] = underLifeline([paths[tool], ...args]);
        const running = startProcess(file, rest, { env: variables, input: 'pipe' });
        return { tool, ...running, stdin: discarding() };
      }
      const [file, ...rest] = withBulkOutput(stdbuf, tool, [paths[tool], ...args], writesMuch);
      return { tool, ...startProcess(file, rest, { env: variables, input }) };
    },
    checkWritesTo: () => Promise.resolve(null),
    close: () => Promise.resolve(),
  };
}

async function lookOnPath(serverMajors: readonly number[]): Promise<Found | Unusable> {
  const [pgDump = '', pgRestore = '', psql = ''] = await Promise.all(TOOLS.map((tool) => which(tool, false)));
  const paths: ToolPaths = { pg_dump: pgDump, pg_restore: pgRestore, psql };
  const missing = TOOLS.filter((tool) => paths[tool] === '');
  return missing.length > 0 ? { reason: `no ${missing.join(', ')}` } : look(paths, serverMajors);
}

async function look(paths: ToolPaths, serverMajors: readonly number[]): Promise<Found | Unusable> {
  const printed = await Promise.all(TOOLS.map((tool) => printedVersion(paths[tool])));
  const versions = readToolVersions(printed.join('\n'));
  if (isUnusable(versions)) return versions;
  return tooOld(versions, serverMajors) ?? { paths, versions };
}

/** Empty when the tool does not run. */
async function printedVersion(path: string): Promise<string> {
  // Debian's pg_wrapper picks another version when no host is given; our sessions always name one.
  const env = { ...toolEnvironment(), PGHOST: 'localhost' };
  try {
    return (await runShortCommand(path, ['--version'], { env })).stdout;
  } catch (error) {
    return messageOf(error);
  }
}

/** Debian's pg_wrapper is a Perl script and costs each call some 40 ms: where it leads to a known directory, that is taken. */
async function behindWrapper(found: Found, directories: readonly string[]): Promise<Found | null> {
  const target = await realpath(found.paths.pg_dump).catch(() => found.paths.pg_dump);
  if (basename(target) !== 'pg_wrapper') return null;
  for (const directory of directories) {
    const direct = await look(pathsIn(directory), []);
    if (!isUnusable(direct) && TOOLS.every((tool) => direct.versions[tool].text === found.versions[tool].text))
      return direct;
  }
  return null;
}

function pathsIn(directory: string): ToolPaths {
  return {
    pg_dump: join(directory, 'pg_dump'),
    pg_restore: join(directory, 'pg_restore'),
    psql: join(directory, 'psql'),
  };
}
