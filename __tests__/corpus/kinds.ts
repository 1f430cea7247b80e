import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { postgresSource } from '../../testbed/postgres-source.js';

/** Kinds that pg_dump 15 writes and the corpus has not, and why. */
export const NOT_IN_THE_CORPUS: Readonly<Record<string, string>> = {
  'SECURITY LABEL':
    'restored only where a library provides labels, and no package of Debian has one; see ways.itg.test.ts',
  pg_largeobject: 'written by pg_upgrade alone (--binary-upgrade)',
};

/** What pg_dump can write, by its source. */
export interface Kinds {
  /** Of TOC entries. */
  entries: Set<string>;
  /** What comments are on, as tags of COMMENT entries begin. */
  commented: Set<string>;
  /** What privileges are on, as tags of ACL entries begin. */
  granted: Set<string>;
}

/** What pg_dump 15 can write. Throws when its source says so in another way than it did. */
export async function kindsOfPgDump(): Promise<Kinds> {
  const source = readFileSync(join(await postgresSource(), 'src/bin/pg_dump/pg_dump.c'), 'utf8');
  const described = [...source.matchAll(/\.description = ([^,\n]+),?$/gm)].map(([, value = '']) => value);
  // What is no constant is in one of two variables.
  const variables = described.filter((value) => !value.startsWith('"')).sort();
  if (variables.join() !== 'keyword,reltypename')
    throw new Error(`pg_dump.c describes in other ways: ${variables.join()}`);
  const set = [...source.matchAll(/\b(?:keyword|reltypename) = "([^"]*)";/g)].map(([, value = '']) => value);
  const entries = new Set([
    ...described.filter((value) => value.startsWith('"')).map((value) => value.slice(1, -1)),
    ...set,
  ]);
  const calls = (name: string): string[] =>
    [...source.matchAll(new RegExp(String.raw`\b${name}\(fout,[^"();]*"([A-Z ]+)"`, 'g'))].map(
      ([, value = '']) => value,
    );
  // Names that are put together: `COLUMN`, and `POLICY x ON`, `TRIGGER x ON` and so on.
  const prefixes = [...source.matchAll(/appendPQExpBuffer\((?:pol|con|trig|rule)prefix, "([A-Z]+) /g)].map(
    ([, value = '']) => value,
  );
  return {
    entries,
    commented: new Set([...calls('dumpComment'), ...prefixes, ...set, 'COLUMN']),
    granted: new Set([...calls('dumpACL'), 'SEQUENCE', 'PROCEDURE']),
  };
}
