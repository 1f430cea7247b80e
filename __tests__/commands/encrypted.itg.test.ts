import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CHUNK_BYTES, SEALED_CHUNK_BYTES } from '../../src/age/payload.js';
import { stockAge } from '../../testbed/age.js';
import { IS_ROOT } from '../../testbed/places.js';
import { runProgram } from '../../testbed/run-program.js';
import { newKeys, type KeyPair } from '../age/keys.js';
import { runAction, type ActionResult } from '../helpers/run-action.js';
import { expectFailure, s3Inputs, type Inputs } from './backup-runs.js';
import { ended, RestoreRuns } from './restore-runs.js';

/** Bytes that repeat little, so that several chunks of the encryption are full, also compressed. */
const SOURCE = `
  CREATE TABLE secret_salaries (id int PRIMARY KEY, note text);
  INSERT INTO secret_salaries SELECT n, md5(n::text) || md5((n * 7)::text) FROM generate_series(1, 20000) AS n;
  CREATE INDEX secret_notes ON secret_salaries (note);
  CREATE TABLE few (n int); INSERT INTO few VALUES (1), (2);`;

let runs: RestoreRuns;
let mine: KeyPair;
let theirs: KeyPair;
let recipients: string;

beforeAll(async () => {
  [mine, theirs] = await Promise.all([newKeys(), newKeys()]);
  recipients = `# both can read it\n${theirs.recipient}\n${mine.recipient}`;
  runs = await RestoreRuns.create(SOURCE);
  await runs.backUp('one', { 'encrypt-to': recipients, 'dump-jobs': '3', 'dump-compress': '1' });
});
afterAll(() => runs.close());

/** A run that needs no database; no secret key may show, but where the runner is told to mask it. */
async function run(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const place = changes['s3-uri'] === undefined ? { 's3-bucket': runs.bucket.settings.bucket } : {};
  const inputs = { mode, database: runs.source, ...place, ...s3Inputs(), 'pg-client': 'path', ...changes };
  const PATH = `${runs.server.programs}:${process.env['PATH'] ?? ''}`;
  return withoutIdentities(await ended(await runAction({ with: inputs, env: { PATH } })));
}

function withoutIdentities(result: ActionResult): ActionResult {
  const lines = result.lines.filter((line) => !line.startsWith('::add-mask::'));
  const { stderr, summary, outputs, state } = result;
  const shown = [...lines, stderr, summary, JSON.stringify({ outputs, state })].join('\n');
  for (const { identity } of [mine, theirs]) expect(shown.includes(identity)).toBe(false);
  return result;
}

async function succeed(mode: string, changes: Inputs = {}): Promise<ActionResult> {
  const result = await run(mode, changes);
  expect([result.exitCode, result.annotations.filter(({ level }) => level === 'error')]).toEqual([0, []]);
  return result;
}

/** A copy of the archive beside which there is no manifest. */
async function copied(name: string, change: (bytes: Buffer) => Buffer = (bytes) => bytes): Promise<string> {
  const key = `copies/${name}.dump`;
  await runs.bucket.put(key, change(Buffer.from(await runs.bucket.get(runs.archiveKey()))));
  return runs.uriOf(key);
}

describe('what is in the bucket of an encrypted backup', () => {
  test('a manifest of an encrypted backup has no name of a table, and is readable by stock tools', async () => {
    const text = String(await runs.bucket.get(runs.manifestKey()));
    for (const name of ['secret', 'salaries', 'notes', 'few', 'public', 'blocks']) expect(text).not.toContain(name);
    expect(JSON.parse(text)).toMatchObject({ format: 2, summary: { rows: 20_002, tables: 2 } });
  });

  (IS_ROOT ? test : test.skip)(
    'an encrypted archive is decrypted by stock age, and read by stock pg_restore',
    async () => {
      const directory = await mkdtemp(join(tmpdir(), 'phaselift-age-'));
      try {
        const { command } = await stockAge();
        const [program, ...args] = command;
        const [key, file, archive] = ['key.txt', 'one.dump.age', 'one.dump'].map((name) => join(directory, name)) as [
          string,
          string,
          string,
        ];
        await writeFile(key, theirs.identity);
        await writeFile(file, await runs.bucket.get(runs.archiveKey()));
        await runProgram(program, [...args, '-d', '-i', key, '-o', archive, file]);
        const listed = await runProgram(join(runs.server.programs, 'pg_restore'), ['--list', archive]);
        expect(listed).toContain('TABLE DATA public secret_salaries');
        const sql = await runProgram(join(runs.server.programs, 'pg_restore'), [
          '--data-only',
          '-t',
          'few',
          '-f',
          '-',
          archive,
        ]);
        expect(sql).toMatch(/COPY public\.few \(n\) FROM stdin;\n1\n2\n/);

        const { sealed } = JSON.parse(String(await runs.bucket.get(runs.manifestKey()))) as { sealed: string };
        await writeFile(file, Buffer.from(sealed, 'base64'));
        await runProgram('bash', ['-c', '"$@" | gunzip > "$0"', archive, program, ...args, '-d', '-i', key, file]);
        expect(await runProgram('cat', [archive])).toContain('secret_salaries');
      } finally {
        await rm(directory, { recursive: true, force: true });
      }
    },
  );
});

describe('a restore of an encrypted backup', () => {
  test('a restore of an encrypted backup reads it side by side, and is verified', async () => {
    const target = await runs.emptyTarget();
    const result = await runs.succeed(target, {
      'decrypt-with': `# my key\n${mine.identity}\n`,
      'restore-jobs': '3',
      'record-proof': 'true',
      debug: 'true',
    });
    withoutIdentities(result);
    await runs.expectRestored(target);
  });

  test('a restore of an encrypted backup without its identity says so, and writes nothing', async () => {
    const target = runs.missingTarget();
    expectFailure(
      await runs.run(target),
      /^the manifest s3:\S+one\.manifest\.json is encrypted, and there is no identity to read it with \(`?decrypt-with`?\)$/,
      /AGE-SECRET-KEY-1/,
    );
    expect(await runs.exists(target)).toBe(false);
  });

  test('a restore of an encrypted backup with the identity of others says so, and writes nothing', async () => {
    const target = await runs.emptyTarget();
    const { identity } = await newKeys();
    expectFailure(
      await runs.run(target, { 'decrypt-with': identity }),
      /^the manifest s3:\S+ is encrypted to others: no identity of `?decrypt-with`? opens it$/,
    );
    await runs.expectUntouched(target);
  });

  test('an encrypted archive without a manifest is mapped and restored', async () => {
    const target = await runs.emptyTarget();
    const changes = { 's3-uri': await copied('bare'), 'decrypt-with': mine.identity };
    await runs.succeed(target, changes);
    await runs.expectRestored(target);
  });
});

describe('without an identity', () => {
  test('without an identity encrypted backups are listed, looked after and pruned', async () => {
    await runs.backUp('two', { 'encrypt-to': recipients });
    expect(JSON.parse((await succeed('list')).outputs['backups'] ?? '')).toMatchObject([
      { name: 'two', rows: 20_002 },
      { name: 'one', rows: 20_002 },
    ]);
    const status = await succeed('status', { databases: runs.source, 'max-shrink': '10%', database: '' });
    expect(JSON.parse(status.outputs['status'] ?? '')).toMatchObject([{ state: 'ok', rows: 20_002 }]);
    expect(status.stdout).toContain('are encrypted: `max-shrink` sees');
    const seen = await succeed('status', {
      databases: runs.source,
      'max-shrink': '10%',
      'decrypt-with': mine.identity,
    });
    expect(seen.stdout).not.toContain('are encrypted: `max-shrink` sees');
    await succeed('prune', { 'keep-last': '1' });
    expect(JSON.parse((await succeed('list')).outputs['backups'] ?? '')).toMatchObject([{ name: 'two' }]);
    await runs.backUp('one', { 'encrypt-to': recipients, 'dump-compress': '1' });
  });

  test('without an identity an encrypted archive that has no manifest is called what it is', async () => {
    const result = await run('verify', { 's3-uri': await copied('unread') });
    expectFailure(result, /encrypted by age: .*decrypt-with/);
  });
});

describe('with an identity', () => {
  test('with an identity an encrypted backup is verified and shown', async () => {
    await succeed('verify', { 'backup-name': 'one', 'decrypt-with': mine.identity });
    const shown = await succeed('show', { 'backup-name': 'one', 'decrypt-with': theirs.identity });
    expect(shown.stdout).toContain('public.secret_salaries');
  });

  const flip = (at: number) => (bytes: Buffer) => bytes.fill(bytes.readUInt8(at) ^ 1, at, at + 1);
  /** Ends of the payload: headers have no fixed length. */
  const payloadAt = (bytes: Buffer): number => bytes.indexOf('\n', bytes.indexOf('\n---') + 1) + 1 + 16;
  const swapped = (bytes: Buffer): Buffer => {
    const [first, second] = [0, 1].map((index) => payloadAt(bytes) + index * SEALED_CHUNK_BYTES) as [number, number];
    const chunks = [bytes.subarray(second, second + SEALED_CHUNK_BYTES), bytes.subarray(first, second)];
    return Buffer.concat([bytes.subarray(0, first), ...chunks, bytes.subarray(second + SEALED_CHUNK_BYTES)]);
  };

  test.each([
    [
      'a flipped byte',
      (bytes: Buffer) => flip(payloadAt(bytes) + SEALED_CHUNK_BYTES + 10)(bytes),
      /chunk 2 of \d+ .*from byte 65536/,
    ],
    ['swapped chunks', swapped, /chunk 1 of \d+ .*changed, moved or cut off/],
    [
      'an end that was cut off between chunks',
      (bytes: Buffer) => bytes.subarray(0, payloadAt(bytes) + 2 * SEALED_CHUNK_BYTES),
      /chunk 2 of 2 /,
    ],
  ] satisfies [string, (bytes: Buffer) => Buffer, RegExp][])(
    'with an identity %s is found',
    async (what, change, expected) => {
      const uri = await copied(what.replaceAll(' ', '-'), change);
      expect((await runs.bucket.get(runs.archiveKey())).length).toBeGreaterThan(3 * CHUNK_BYTES);
      const result = await run('verify', { 's3-uri': uri, 'decrypt-with': mine.identity });
      expectFailure(result, expected);
    },
  );
});

describe('a backup that is encrypted and restored at once', () => {
  const all = (target: string, changes: Inputs): Promise<ActionResult> =>
    runs.run(target, { mode: 'all', ...runs.connection('source'), 'encrypt-to': recipients, ...changes });

  test('a backup that could not be restored at once is not begun', async () => {
    const target = await runs.emptyTarget();
    const before = await runs.bucket.keys();
    const { identity } = await newKeys();
    expectFailure(
      await all(target, { 'backup-name': 'never', 'decrypt-with': identity }),
      /no identity of `?decrypt-with`? belongs to a recipient of `?encrypt-to`?/,
    );
    expectFailure(await all(target, { 'backup-name': 'never' }), /decrypt-with.* is missing/);
    expect(await runs.bucket.keys()).toEqual(before);
  });

  test('a backup that replaces another is encrypted, and restored at once', async () => {
    const target = await runs.emptyTarget();
    const result = await all(target, { force: 'true', 'decrypt-with': mine.identity });
    expect(withoutIdentities(result).exitCode).toBe(0);
    await runs.expectRestored(target);
    expect(String(await runs.bucket.get(runs.manifestKey()))).not.toContain('salaries');
  });
});
