import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { inspection, type InspectionOptions } from '../../scripts/inspection.js';
import { openAnyArchive } from '../../scripts/open-any-archive.js';
import { parseHead } from '../../src/archive/head.js';
import type { TocEntry } from '../../src/archive/types.js';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { nodeProgram, PROJECT_DIRECTORY } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { ALL, failureOf, fixture, mapWhole } from '../archive/fixtures.js';
import { MemoryLogger } from '../helpers/memory-logger.js';

const FIXTURES = join(PROJECT_DIRECTORY, '__tests__', 'fixtures', 'archives');
const USUAL: InspectionOptions = { indexStrategy: 'empty', serverMajor: null, all: false };

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phaselift-inspect-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** What is printed of an archive at that path. */
async function inspected(path: string, options: Partial<InspectionOptions> = {}): Promise<string[]> {
  return inspection(await openAnyArchive(path, {}, new MemoryLogger()), { ...USUAL, ...options });
}

describe('an inspection', () => {
  test.each(ALL)('an inspection prints head, blocks and plan of %s', async (name) => {
    const lines = await inspected(join(FIXTURES, `${name}.dump`));
    expect(lines).toContain('HEAD');
    expect(lines).toContainEqual(expect.stringMatching(/^server +15\.20/));
    expect(lines).toContainEqual(expect.stringMatching(/^encoding +UTF8$/));
    expect(lines).toContainEqual(expect.stringMatching(/^MAP \(\d+ blocks\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^ +\d+ +\d+ +\d+ +(300|\?) +1 {2}TABLE DATA app\.t$/));
    expect(lines).toContainEqual(expect.stringMatching(/^PLAN \(\d+ units, index strategy empty, PostgreSQL 15\)$/));
    expect(lines).toContainEqual(expect.stringMatching(/^schema\/0001 .* SCHEMA app and \d+ more$/));
  });

  test('an inspection prints no contents of rows, nor of statements', async () => {
    const text = (await inspected(join(FIXTURES, 'pg15-none.dump'), { all: true })).join('\n');
    expect(text).not.toMatch(/CREATE|COPY|\t/);
  });

  test('an inspection plans with the strategy and server that are asked for', async () => {
    const path = join(FIXTURES, 'pg18-none.dump');
    const indexesOf = (lines: string[]): number => lines.findIndex((line) => line.startsWith('stage indexes'));
    expect(indexesOf(await inspected(path))).toBeGreaterThan(0);
    const after = await inspected(path, { indexStrategy: 'after-data', serverMajor: 17 });
    expect(indexesOf(after)).toBe(-1);
    expect(after).toContainEqual(expect.stringContaining('index strategy after-data, PostgreSQL 17)'));
  });

  test('an inspection ends each list after 50 rows, unless all are asked for', async () => {
    const { head, map } = await mapWhole(fixture('pg18-none'));
    const [block] = map.blocks;
    if (block === undefined) throw new Error('no block');
    const blocks = Array.from({ length: 60 }, () => block);
    const archive = { uri: 'x', head, map: { ...map, blocks }, manifestUri: null };
    expect(inspection(archive, USUAL)).toContain('… and 10 more: see them with --all');
    expect(inspection(archive, { ...USUAL, all: true }).filter((line) => line.startsWith('… and'))).toEqual([]);
  });

  test('an inspection prints no control characters out of names', async () => {
    const { head, map } = await mapWhole(fixture('pg18-none'));
    const entries = head.entries.map((entry): TocEntry => ({ ...entry, tag: `${entry.tag}\u001b[2J\n` }));
    const archive = { uri: 'x', head: { ...head, entries }, map, manifestUri: null };
    // eslint-disable-next-line no-control-regex -- that is what must not be there
    expect(inspection(archive, { ...USUAL, all: true }).join('')).not.toMatch(/[\u0000-\u001f]/);
  });
});

describe('an archive to be inspected', () => {
  test('a cut archive is refused by inspect, with its path and the place', async () => {
    const path = join(directory, 'cut.dump');
    await writeFile(path, fixture('pg18-none').subarray(0, 60_000));
    const error = await failureOf(() => inspected(path));
    expect(error.code).toBe('ARCHIVE_TRUNCATED');
    expect(error.message).toContain(path);
  });

  test('what is no archive, or not there, is refused by inspect', async () => {
    const path = join(directory, 'text.dump');
    await writeFile(path, 'SELECT 1;\n'.repeat(100));
    expect((await failureOf(() => inspected(path))).code).toBe('ARCHIVE_FORMAT');
    expect((await failureOf(() => inspected(join(directory, 'missing')))).message).toMatch(/missing does not exist$/);
    expect((await failureOf(() => inspected(directory))).message).toMatch(/is not an archive: it has no toc\.dat$/);
    expect((await failureOf(() => inspected('s3://bucket'))).message).toMatch(/names no object/);
  });

  test('an archive beside the manifest of another is refused by inspect', async () => {
    const path = join(directory, 'other.dump');
    await cp(join(FIXTURES, 'pg18-none.dump'), path);
    await writeFile(join(directory, 'other.manifest.json'), '{}');
    const error = await failureOf(() => inspected(path));
    expect(error).toBeInstanceOf(PhaseliftError);
    expect(error.code).toBe('MANIFEST');
  });

  test('a directory archive is inspected like the others', async () => {
    const toc = fixture('pg15-directory-toc');
    const path = join(directory, 'archive');
    await writeDirectoryArchive(path, toc);
    const lines = await inspected(path);
    expect(lines).toContainEqual(expect.stringMatching(/TABLE DATA app\.t$/));
    expect(lines).toContainEqual(expect.stringMatching(/^PLAN /));
  });
});

describe('npm run inspect', () => {
  test('npm run inspect exits with 2 and one message for a cut archive', async () => {
    const path = join(directory, 'short.dump');
    await writeFile(path, fixture('pg18-gzip').subarray(0, 15_000));
    const script = `${nodeProgram()} --import tsx scripts/inspect.ts ${path} 2>&1; echo "exit code $?"`;
    const output = await runProgram('sh', ['-c', script], { cwd: PROJECT_DIRECTORY });
    expect(output).toMatch(/^\S+short\.dump: .*\n(?:.*\n)?exit code 2\n$/);
  });
});

/** The head as `toc.dat`, and for each entry with data a file that holds no rows, or no large objects. */
async function writeDirectoryArchive(path: string, toc: Buffer): Promise<void> {
  await mkdir(path);
  await writeFile(join(path, 'toc.dat'), toc);
  for (const { fileName, hasData } of parseHead(toc).entries) {
    if (hasData) await writeFile(join(path, fileName), fileName.endsWith('.toc') ? '' : '\\.\n\n\n');
  }
}
