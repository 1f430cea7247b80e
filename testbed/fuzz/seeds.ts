/** What the fuzzer begins with: the archives of the tests, cut down to a few entries and rows, and texts that are right. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync, zstdCompressSync } from 'node:zlib';
import { ALL as FIXTURES, entryBytes, fixture, headOf, tableBlock } from '../../__tests__/archive/fixtures.js';
import { sampleManifest } from '../../__tests__/store/sample-manifest.js';
import { sampleProof } from '../../__tests__/store/sample-proof.js';
import { encodeInt } from '../../src/archive/integers.js';
import { parseHead } from '../../src/archive/head.js';
import type { ArchiveHead, TocEntry } from '../../src/archive/types.js';
import { writeManifest } from '../../src/store/manifest-text.js';
import { writeProof } from '../../src/store/proof.js';
import { PROJECT_DIRECTORY } from '../places.js';
import type { TargetName } from './targets.js';
import { inputText } from './targets/inputs.js';

export function seedsOf(name: TargetName): Buffer[] {
  switch (name) {
    case 'archive':
      return archiveSeeds();
    case 'manifest':
      return manifestSeeds();
    case 'config':
      return configSeeds();
    case 'inputs':
      return inputSeeds();
  }
}

const SESSION = ['ENCODING', 'STDSTRINGS', 'SEARCHPATH'];
const ROWS = '1\tone\n2\t\\N\n3\tthr\\tee\n\\.\n\n\n';

function archiveSeeds(): Buffer[] {
  const cut = [...FIXTURES, 'pg15-inserts', 'pg15-directory-toc', 'pg15-roles', 'pg17-roles', 'pg18-roles'].flatMap(
    (name) => {
      const head = parseHead(fixture(name));
      const session = head.entries.filter(({ desc }) => SESSION.includes(desc));
      // Each kind of entry once, a few at a time: what is small is tried quickly.
      const kinds = [...new Map(head.entries.map((entry) => [entry.desc, entry])).values()];
      const groups = Array.from({ length: Math.ceil(kinds.length / 4) }, (_, index) =>
        kinds.slice(4 * index, 4 * index + 4),
      );
      return groups.map((group) => archiveOf(head, [...new Set([...session.slice(0, 1), ...group])]));
    },
  );
  const list = Buffer.from('16385 blob_16385.dat\n4294967295 blob_4294967295.dat\n');
  const foreign = [
    '-- PostgreSQL database dump\n',
    '<?xml version="1.0"?>',
    '{"format":1}',
    'toc.dat\0',
    '\x1f\x8b\x08',
  ];
  return [...cut, list, ...foreign.map((text) => Buffer.from(text, 'latin1'))];
}

/** These entries, and what data they have in small. */
function archiveOf(head: ArchiveHead, entries: readonly TocEntry[]): Buffer {
  const sorted = entries.toSorted((a, b) => a.start - b.start);
  const blocks =
    head.header.format === 'directory'
      ? []
      : sorted.filter(({ hasData }) => hasData).map((entry) => blockOf(head, entry));
  return Buffer.concat([
    headOf(
      head,
      sorted.map((entry) => entryBytes(head, entry)),
    ),
    ...blocks,
  ]);
}

function blockOf({ header }: ArchiveHead, { dumpId, desc }: TocEntry): Buffer {
  const { algorithm } = header.compression;
  const text = Buffer.from(ROWS);
  const rows = algorithm === 'gzip' ? deflateSync(text) : algorithm === 'zstd' ? zstdCompressSync(text) : text;
  if (desc !== 'BLOBS') return tableBlock(dumpId, rows.subarray(0, 9), rows.subarray(9));
  const int = (value: number): Buffer => encodeInt(value, header.intSize);
  const object = Buffer.concat([int(16385), int(rows.length), rows, int(0)]);
  return Buffer.concat([Buffer.from([3]), int(dumpId), object, int(-5), int(0), int(0)]);
}

function manifestSeeds(): Buffer[] {
  const whole = sampleManifest({ archiveId: 'a'.repeat(32), etag: '"etag"' });
  const roles = [
    { name: 'x', owns: 1, privileges: 0, defaultPrivileges: 0, policies: 0, userMappings: 0, settings: 0 },
  ];
  const rich = {
    ...whole,
    archive: { ...whole.archive, id: 'a'.repeat(32), compression: { algorithm: 'gzip' as const, level: 6 } },
    source: { ...whole.source, roles },
    forRestore: { key: 'ab'.repeat(32) },
  };
  const texts = [
    writeManifest(sampleManifest()),
    writeManifest(rich),
    writeProof(sampleProof()),
    '{"format":2}\n',
    '{}',
    '',
  ];
  return texts.map((text) => Buffer.from(text));
}

function configSeeds(): Buffer[] {
  const example = readFileSync(join(PROJECT_DIRECTORY, 'examples', 'phaselift.yml'), 'utf8');
  const short = example.replaceAll(/^ *#.*\n/gm, '');
  const small = [
    "databases: [{ match: '*', every: 24h }]\n",
    'databases:\n  - { match: a, dump-options: &few [--no-comments] }\n  - { match: b, dump-options: *few }\n',
    "defaults: { every: '17 3 * * *', timezone: Europe/Berlin, drill-every: 30d }\ndatabases:\n  - match: 'app_?'\n    exclude: x\n",
    'databases:\n  - match: |\n      a\n    s3-bucket: >-\n      b\n    keep-last: 3\n    max-shrink: 50%\n',
  ];
  return [example, short, ...small].map((text) => Buffer.from(text));
}

function inputSeeds(): Buffer[] {
  const source = { 'source-host': 'src.example', 'source-user': 'reader', 'source-password': 'Hunter2Hunter2' };
  const target = { 'target-url': 'postgresql://writer:Hunter2Hunter2@dst.example:5433/app?sslmode=require' };
  const store = {
    's3-bucket': 'backups',
    's3-prefix': 'a/b',
    'aws-access-key-id': 'x',
    'aws-secret-access-key': 'Hunter2Hunter2',
  };
  const dump = {
    'dump-compress': 'zstd:3',
    'dump-jobs': '4',
    'dump-options': '--no-comments\n--exclude-table=app.log',
  };
  const load = {
    'index-strategy': 'auto',
    'temp-budget': '64MB',
    only: 'app.*',
    'skip-entries': 'INDEX app.i',
    'role-map': 'a=b',
  };
  return [
    { mode: 'backup', database: 'app', ...source, ...store, ...dump },
    { mode: 'restore', database: 'app', 'backup-name': 'latest', ...target, ...store, ...load },
    { mode: 'all', database: 'app', ...source, ...target, ...store, ...dump, ...load },
    { mode: 'restore', 's3-uri': 's3://bucket/a/b.dump', database: 'app', ...target },
    { mode: 'prune', database: 'app', ...store, 'keep-last': '3', 'keep-daily': '7', 'dry-run': 'true' },
    { mode: 'status', ...store, 'max-age': '26h', 'max-shrink': '50%' },
    { mode: 'list', database: 'app', 'local-directory': '/backups' },
    { MODE: 'backup', PGPASSWORD: 'Hunter2Hunter2', DRY_RUN: 'true', S3_BUCKET: 'b', AWS_REGION: 'eu-central-1' },
  ].map((given) => Buffer.from(inputText(given)));
}
