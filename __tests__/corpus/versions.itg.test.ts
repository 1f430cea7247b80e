import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, test } from '@jest/globals';
import type { PostgresServer } from '../../testbed/postgres.js';
import { backUp } from '../engine/backup-trial.js';
import '../helpers/run-action.js';
import { expectSameContents } from './contents.js';
import { corpusFiles, makeCorpus, startCorpusServer } from './corpus-database.js';
import { inDirectory, KEEP_ALL, type Inputs } from './ways.js';

describe.each([17, 18] as const)('one of every kind of object, of PostgreSQL %i', (version) => {
  let server: PostgresServer;
  let corpus: string;
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'phaselift-corpus-'));
    server = await startCorpusServer(version);
    corpus = await makeCorpus(server, version);
  });
  afterAll(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  const ways: [string, boolean, Inputs, Inputs][] =
    version === 17
      ? [['three readers, zstd', false, { 'dump-jobs': '3', 'dump-compress': 'zstd' }, { 'slice-size': '16MB' }]]
      : [
          [
            'a local directory, lz4',
            true,
            { 'dump-jobs': '2', 'dump-compress': 'lz4' },
            { 'validate-foreign-keys': 'later' },
          ],
        ];

  test.each(ways)(
    `a restore of ${corpusFiles(version).length} files of SQL is the same to the letter (%s)`,
    async (_how, isInDirectory, inputs, more) => {
      const place = isInDirectory ? inDirectory(directory) : {};
      const trial = await backUp(server, corpus, server, { with: { ...inputs, ...place } });
      const target = await trial.restore({
        strategy: 'empty-keys-last',
        jobs: 3,
        with: { verify: 'full', ...KEEP_ALL, ...more, ...place },
      });
      await expectSameContents({ server, name: corpus }, target);
    },
  );
});
