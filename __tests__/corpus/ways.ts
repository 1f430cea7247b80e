import type { IndexStrategy } from '../../src/plan/index-strategy.js';

/** Inputs, by the names of action.yml. */
export type Inputs = Readonly<Record<string, string>>;

/** All that a restore leaves out unless it is asked for. */
export const KEEP_ALL: Inputs = {
  'keep-owner': 'true',
  'keep-privileges': 'true',
  'keep-tablespaces': 'true',
  'keep-access-methods': 'true',
  'keep-subscriptions': 'true',
  'keep-database-settings': 'true',
};

/** The inputs for a local directory in place of S3. */
export function inDirectory(path: string): Inputs {
  return {
    's3-bucket': '',
    's3-endpoint': '',
    'aws-access-key-id': '',
    'aws-secret-access-key': '',
    'local-directory': path,
  };
}

/** What is backed up the same way, and the ways in which that is restored. */
export interface Way {
  backup: { title: string; inputs: Inputs; intoDirectory?: boolean };
  /** Lines of the comparison that do not count, because pg_dump itself loses them this way. */
  ignoring?: RegExp;
  restores: { strategy: IndexStrategy; jobs: number; inputs?: Inputs }[];
}

const SLICES = { 'slice-size': '16MB' };
const LATER = { 'validate-foreign-keys': 'later' };

/** Pairwise: each value of an input meets each value of the others that it has to do with, not each combination. */
export const WAYS: readonly Way[] = [
  {
    backup: { title: 'one reader', inputs: {} },
    restores: [
      { strategy: 'empty', jobs: 1 },
      { strategy: 'after-data', jobs: 3, inputs: { ...SLICES, ...LATER } },
    ],
  },
  {
    backup: { title: 'three readers', inputs: { 'dump-jobs': '3' } },
    restores: [{ strategy: 'empty-keys-last', jobs: 3, inputs: SLICES }],
  },
  {
    backup: { title: 'one reader, compressed', inputs: { 'dump-compress': '6' } },
    restores: [{ strategy: 'auto', jobs: 3, inputs: { ...LATER, 'temp-budget': '1MB' } }],
  },
  {
    backup: { title: 'three readers, compressed', inputs: { 'dump-jobs': '3', 'dump-compress': '1' } },
    restores: [{ strategy: 'empty', jobs: 3, inputs: { ...SLICES, ...LATER } }],
  },
  {
    backup: { title: 'a local directory', inputs: { 'dump-jobs': '2', 'dump-compress': '1' }, intoDirectory: true },
    restores: [{ strategy: 'empty-keys-last', jobs: 1, inputs: LATER }],
  },
  {
    backup: { title: 'a local directory, not compressed', inputs: {}, intoDirectory: true },
    restores: [{ strategy: 'auto', jobs: 1, inputs: { ...SLICES, 'temp-budget': '1GB' } }],
  },
  {
    backup: {
      title: 'INSERT statements, fully quoted',
      inputs: { 'dump-options': '--inserts\n--rows-per-insert=100\n--quote-all-identifiers' },
    },
    // An INSERT has minus zero as a whole number, which has no sign when it is zero.
    ignoring: /^rows of built_in\.minus_zero/,
    restores: [{ strategy: 'after-data', jobs: 3 }],
  },
];
