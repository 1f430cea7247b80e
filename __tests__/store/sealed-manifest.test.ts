import './one-error-class.js';
import { beforeAll, expect, test } from '@jest/globals';
import { encrypt } from '../../src/age/small-file.js';
import { withEtag, type SealedManifest } from '../../src/store/manifest.js';
import { parseManifest, parseStored, readSummary, writeManifest } from '../../src/store/manifest-text.js';
import { openManifest, sealManifest } from '../../src/store/sealed-manifest.js';
import { newKeys, type KeyPair } from '../age/keys.js';
import { sampleManifest } from './sample-manifest.js';

const URI = 's3://b/app/one.manifest.json';

let keys: KeyPair;
let sealed: SealedManifest;

beforeAll(async () => {
  keys = await newKeys();
  sealed = await sealManifest(sampleManifest(), 1234, [keys.recipient]);
});

test('a sealed manifest tells what listings show, and no name of what is inside', () => {
  const text = writeManifest(sealed);
  expect(readSummary(text, URI)).toMatchObject({ name: 'n', rows: 30, tables: 2, sizeBytes: 1234 });
  expect(Object.keys(JSON.parse(text) as object)).toEqual(['format', 'summary', 'archive', 'sealed']);
  for (const hidden of ['"i"', '"t"', 'app.log', 'relations', 'blocks', 'segments']) expect(text).not.toContain(hidden);
});

test('a sealed manifest that is opened is the one that was sealed, with the sizes of both archives', async () => {
  const opened = parseManifest(await openManifest(writeManifest(sealed), URI, [keys.identity]), URI);
  const { map, source, archive } = sampleManifest();
  expect(opened).toMatchObject({ format: 2, map, source, archive: { ...archive, sizeBytes: 1234, plainBytes: 1000 } });
});

test('a sealed manifest gets the ETag of its archive from who cannot open it', async () => {
  const text = writeManifest(withEtag(parseStored(writeManifest(sealed), URI), { etag: '"new"', versionId: null }));
  expect(parseManifest(await openManifest(text, URI, [keys.identity]), URI).archive.etag).toBe('"new"');
});

test('a sealed manifest without an identity says what is missing', async () => {
  const text = await openManifest(writeManifest(sealed), URI, []);
  expect(() => parseManifest(text, URI)).toThrow(
    `the manifest ${URI} is encrypted, and there is no identity to read it with (decrypt-with)`,
  );
});

test('a sealed manifest of others says that no identity opens it', async () => {
  const { identity } = await newKeys();
  await expect(openManifest(writeManifest(sealed), URI, [identity])).rejects.toMatchObject({
    code: 'INPUT',
    message: `the manifest ${URI} is encrypted to others: no identity of decrypt-with opens it`,
  });
});

test.each([
  ['a changed byte', (bytes: Buffer) => bytes.fill(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1)],
  ['a cut end', (bytes: Buffer) => bytes.subarray(0, -4)],
  ['something else', () => Buffer.from('nothing of age')],
])('a sealed manifest with %s is damaged', async (_, change) => {
  const bytes = change(Buffer.from(sealed.sealed, 'base64')).toString('base64');
  const opening = openManifest(writeManifest({ ...sealed, sealed: bytes }), URI, [keys.identity]);
  await expect(opening).rejects.toMatchObject({ code: 'MANIFEST' });
  await expect(opening).rejects.toThrow('its encrypted part was changed or cut off');
});

test('a sealed manifest with something that nobody compressed inside is damaged', async () => {
  const inside = (await encrypt(Buffer.from('{}'), [keys.recipient])).toString('base64');
  const opening = openManifest(writeManifest({ ...sealed, sealed: inside }), URI, [keys.identity]);
  await expect(opening).rejects.toMatchObject({ code: 'MANIFEST' });
});

test('a manifest that is not sealed stays as it is', async () => {
  const text = writeManifest({ ...sampleManifest({ name: 'sealed' }) });
  expect(await openManifest(text, URI, [keys.identity])).toBe(text);
});
