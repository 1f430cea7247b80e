import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { PhaseliftError } from '../../src/foundation/errors.js';
import { manifestJsonSchema, mapOf } from '../../src/store/manifest.js';
import { parseManifest, readSummary, SUMMARY_PREFIX_BYTES, writeManifest } from '../../src/store/manifest-text.js';
import { sampleManifest } from './sample-manifest.js';

const URI = 's3://b/app/n.manifest.json';

function refusal(work: () => unknown): PhaseliftError {
  try {
    work();
  } catch (error) {
    if (error instanceof PhaseliftError && error.code === 'MANIFEST') return error;
    throw error;
  }
  throw new Error('it was accepted');
}

/** The sample, changed as text at one place. */
function changed(from: string, to: string): string {
  const text = writeManifest(sampleManifest());
  expect(text).toContain(from);
  return text.replace(from, to);
}

describe('the text of a manifest', () => {
  test('the text of a manifest gives the manifest back', () => {
    expect(parseManifest(writeManifest(sampleManifest()), URI)).toEqual(sampleManifest());
  });

  test('the text of a manifest has format and summary, and nothing else, on its first line', () => {
    const [first] = writeManifest(sampleManifest()).split('\n');
    expect(first).toMatch(/^\{"format":1,"summary":\{[^{}]*\},$/);
  });

  test('the text of a manifest may have members that this version does not know', () => {
    const text = changed('"archive":{', '"more":1,"archive":{"more":[],');
    expect(parseManifest(text, URI)).toEqual(sampleManifest());
  });

  test('the text of a manifest holds the archive map', () => {
    expect(mapOf(sampleManifest())).toMatchObject({
      sizeBytes: 1000,
      head: { length: 100 },
      blocks: [{ dumpId: 7 }, {}],
    });
  });
});

describe('the summary', () => {
  test('the summary is read from the first bytes, wherever these end behind it', () => {
    const text = writeManifest(sampleManifest());
    const line = text.indexOf('\n');
    expect(readSummary(text.slice(0, line + 1), URI)).toEqual(sampleManifest().summary);
    expect(readSummary(text.slice(0, line + 30), URI)).toEqual(sampleManifest().summary);
    expect(readSummary(text, URI)).toEqual(sampleManifest().summary);
  });

  test('the summary fits the first bytes with the longest names', () => {
    const text = writeManifest(sampleManifest({ database: 'ä'.repeat(127), name: '"'.repeat(255) }));
    expect(readSummary(text.slice(0, SUMMARY_PREFIX_BYTES), URI).name).toHaveLength(255);
  });

  test('a summary that is cut off is refused', () => {
    const text = writeManifest(sampleManifest());
    expect(refusal(() => readSummary(text.slice(0, 50), URI)).message).toContain(`${URI} is not JSON`);
  });

  test('a summary of a newer format is refused as such, whatever it holds', () => {
    expect(refusal(() => readSummary('{"format":3,"summary":[],\n', URI)).message).toMatch(
      /format 3, this version knows 2/,
    );
  });
});

describe('a manifest that is refused', () => {
  test.each([
    ['an empty text', '', /is not JSON: it is empty/],
    ['a text that is not JSON', 'PGDMP…', /is not JSON/],
    ['JSON that is no object', '[1]', /no object/],
    ['an object that is no manifest', '{}', /is not valid at format/],
  ])('a manifest is refused, with reason and URI: %s', (_, text, reason) => {
    const error = refusal(() => parseManifest(text, URI));
    expect(error.message).toMatch(reason);
    expect(error.message).toContain(URI);
    expect(error.message).not.toContain('\n');
  });

  test('a manifest of a newer format is refused, with what to do', () => {
    const error = refusal(() => parseManifest('{"format":3}', URI));
    expect(error.message).toMatch(/has format 3, this version knows 2/);
    expect(error.hint).toMatch(/Upgrade/);
  });

  test.each([
    ['a missing member', '"versionId":null,', '', /at archive\.versionId:/],
    ['a size that is no integer', '"length":500', '"length":500.5', /at map\.blocks\.0\.length:/],
    ['a negative offset', '"offset":600', '"offset":-1', /at map\.blocks\.1\.offset:/],
    ['a digest of another kind', 'ab'.repeat(32), 'abc', /at archive\.sha256:/],
    ['a time that is none', '2026-01-02T03:04:05.000Z', 'yesterday', /at summary\.takenAt:/],
  ])('a manifest is refused for %s, with its path', (_, from, to, reason) => {
    expect(refusal(() => parseManifest(changed(from, to), URI)).message).toMatch(reason);
  });

  test.each([
    ['segments with a gap', '"offset":400', '"offset":401', /block 7: segment 1 begins at 401 instead of 400/],
    ['segments that end early', '"length":200', '"length":199', /block 7: its segments end at 599 instead of 600/],
    [
      'segments that do not begin the block',
      '"offset":100,"length":300',
      '"offset":99,"length":301',
      /block 7: segment 0/,
    ],
    ['blocks that overlap', '"length":500', '"length":501', /block 7: its segments end at 600 instead of 601/],
    ['a block ahead of where it can be', '"length":100', '"length":101', /block 7 begins at 100, before 101/],
    ['a block behind the end', '"sizeBytes":1000,"etag"', '"sizeBytes":999,"etag"', /block 9 ends at 1000, behind/],
    ['a head behind the end', '"length":100', '"length":1001', /the head ends at 1001/],
    ['a block that is there twice', '"dumpId":9', '"dumpId":7', /block 7 is there twice/],
    ['rows that do not add up', '"rows":20', '"rows":21', /block 7: its segments have 20 rows instead of 21/],
    [
      'a summary of another archive',
      '"sizeBytes":1000,"rows"',
      '"sizeBytes":2000,"rows"',
      /its summary has 2000 bytes/,
    ],
  ])('a map with %s is refused', (_, from, to, reason) => {
    const error = refusal(() => parseManifest(changed(from, to), URI));
    expect(error.message).toMatch(/contradicts itself/);
    expect(error.message).toMatch(reason);
  });

  test('an overlap of blocks is refused also when each block is sound by itself', () => {
    const manifest = sampleManifest();
    const [first, second] = manifest.map.blocks;
    manifest.map.blocks = [first, second].reverse().filter((block) => block !== undefined);
    expect(refusal(() => parseManifest(writeManifest(manifest), URI)).message).toMatch(
      /block 7 begins at 100, before 1000/,
    );
  });
});

test('docs/manifest.schema.json is what the schema in the code says', () => {
  const stored: unknown = JSON.parse(readFileSync('docs/manifest.schema.json', 'utf8'));
  expect(stored).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema())));
});
