import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import type { TocEntry } from '../../src/archive/types.js';
import { ENTRY_KINDS } from '../../src/inputs/entry-kinds.js';
import type { PostgresServer } from '../../testbed/postgres.js';
import { runProgram } from '../../testbed/run-program.js';
import { expectFailure } from '../commands/backup-runs.js';
import { backUp, type BackupTrial } from '../engine/backup-trial.js';
import { createDatabase } from '../helpers/databases.js';
import '../helpers/run-action.js';
import { expectSameContents } from './contents.js';
import { makeCorpus, startCorpusServer } from './corpus-database.js';
import { kindsOfPgDump, NOT_IN_THE_CORPUS, type Kinds } from './kinds.js';
import { inDirectory, KEEP_ALL, WAYS, type Inputs } from './ways.js';
import { few } from '../helpers/depth.js';

describe('one of every kind of object', () => {
  let server: PostgresServer;
  let corpus: string;
  let directory: string;
  /** Backed up with the defaults. */
  let plain: BackupTrial;

  beforeAll(async () => {
    server = await startCorpusServer(15);
    corpus = await makeCorpus(server, 15);
    directory = await mkdtemp(join(tmpdir(), 'phaselift-corpus-'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  describe.each(
    few(
      [0, 3, 5, 6],
      WAYS.map((way) => [way.backup.title, way] as const),
    ),
  )('backed up as %s', (title, { backup, restores, ignoring }) => {
    const place: Inputs = {};
    let trial: BackupTrial;

    beforeAll(async () => {
      if (backup.intoDirectory) Object.assign(place, inDirectory(join(directory, title)));
      trial = await backUp(server, corpus, server, { with: { ...backup.inputs, ...place } });
      if (title === 'one reader') plain = trial;
    });

    test.each(
      restores.map(
        (restore) => [restore.strategy, restore.jobs, JSON.stringify(restore.inputs ?? {}), restore] as const,
      ),
    )(
      'a restore with index-strategy %s and restore-jobs %i is the same to the letter %s',
      async (strategy, jobs, _more, { inputs }) => {
        const target = await trial.restore({
          strategy,
          jobs,
          with: { verify: 'full', ...KEEP_ALL, ...inputs, ...place },
        });
        await expectSameContents({ server, name: corpus }, target, ignoring === undefined ? {} : { ignoring });
        expect(target.result.annotations.filter(({ level }) => level === 'error')).toEqual([]);
      },
    );
  });

  test('a restore with the defaults leaves out owners, privileges, places and subscriptions, and nothing else', async () => {
    const target = await plain.restore({ jobs: 2, with: { verify: 'full' } });
    const args = [
      '--no-owner',
      '--no-privileges',
      '--no-tablespaces',
      '--no-table-access-method',
      '--no-subscriptions',
    ];
    await expectSameContents({ server, name: corpus }, target, { args, access: false });
  });

  test.each([
    ['SCHEMA types\nSCHEMA code\nSCHEMA built_in\nSCHEMA views', ['types', 'code', 'built_in', 'views']],
    ['partitions.*\nTABLE constraints.tree', ['partitions']],
  ])('a restore of only %j has all of it, to the letter', async (only, schemas) => {
    const target = await plain.restore({ jobs: 3, strategy: 'auto', with: { verify: 'full', ...KEEP_ALL, only } });
    await expectSameContents({ server, name: corpus }, target, { schemas });
  });

  test('a restore of a label without its provider fails with its name, and is well without the label', async () => {
    const sql = `CREATE TABLE public.t AS SELECT 1 AS id;
      INSERT INTO pg_seclabel VALUES ('public.t'::regclass, 'pg_class'::regclass, 0, 'nobody', 'a label');`;
    const labelled = await createDatabase(server, { sql });
    const trial = await backUp(server, labelled, server);
    const refused = await (await trial.start({ with: { 'retry-minutes': '0' } })).handle.done;
    expectFailure(refused, /SECURITY LABEL/);
    const target = await trial.restore({ with: { 'skip-entries': 'SECURITY LABEL', verify: 'full' } });
    await expectSameContents({ server, name: labelled }, target, { args: ['--no-security-labels'], fewest: 30 });
  });

  describe('the kinds of the corpus', () => {
    let kinds: Kinds;
    let entries: readonly TocEntry[];

    beforeAll(async () => {
      kinds = await kindsOfPgDump();
      const file = join(directory, 'corpus.dump');
      const args = ['--format=custom', '--compress=0', '--exclude-table-data=large.*', `--file=${file}`];
      await runProgram(join(server.programs, 'pg_dump'), args, { env: server.environment(corpus) });
      entries = parseHead(await readFile(file)).entries;
    });

    test('the corpus has an entry of each kind that the source of pg_dump names, but for those told', () => {
      const found = new Set(entries.map(({ desc }) => desc));
      expect([...kinds.entries].filter((kind) => !found.has(kind)).sort()).toEqual(
        Object.keys(NOT_IN_THE_CORPUS).sort(),
      );
      expect([...found].filter((kind) => !kinds.entries.has(kind))).toEqual([]);
    });

    test.each(['COMMENT', 'ACL'])(
      'the corpus has a %s on each kind of object that the source of pg_dump names',
      (desc) => {
        const tags = entries.filter((entry) => entry.desc === desc).map(({ tag }) => tag);
        const wanted = [...(desc === 'ACL' ? kinds.granted : kinds.commented)];
        expect(wanted.length).toBeGreaterThan(10);
        expect(wanted.filter((kind) => !tags.some((tag) => tag.startsWith(`${kind} `)))).toEqual([]);
      },
    );

    test('skip-entries knows each kind that pg_dump writes, but for what a restore never has', () => {
      const known: ReadonlySet<string> = new Set(ENTRY_KINDS);
      const unknown = [...kinds.entries].filter((kind) => !known.has(kind));
      expect(unknown.sort()).toEqual([
        'DATABASE',
        'DATABASE PROPERTIES',
        'ENCODING',
        'SEARCHPATH',
        'STDSTRINGS',
        'pg_largeobject',
      ]);
    });

    test('the corpus has a column of each type that PostgreSQL has and that takes values', async () => {
      const unused = `SELECT typname FROM pg_type t WHERE typnamespace = 'pg_catalog'::regnamespace AND typtype IN ('b', 'r', 'm')
          AND NOT EXISTS (SELECT FROM pg_type a WHERE a.typarray = t.oid)
          AND NOT EXISTS (SELECT FROM pg_attribute JOIN pg_class c ON c.oid = attrelid WHERE c.oid >= 16384 AND relkind = 'r'
            AND NOT attisdropped AND atttypid IN (t.oid, nullif(typarray, 0))) ORDER BY 1`;
      // Of these nobody can write a value.
      const internal =
        'gtsvector pg_brin_bloom_summary pg_brin_minmax_multi_summary pg_dependencies pg_mcv_list pg_ndistinct pg_node_tree';
      expect((await server.psql(corpus, unused)).split('\n')).toEqual(internal.split(' '));
    });
  });
});
