import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { keysOf, proofKeyOf } from '../../src/store/names.js';
import {
  HISTORY_KEPT,
  historyWith,
  MAX_PROOF_BYTES,
  parseProof,
  proofJsonSchema,
  proves,
  writeProof,
  type ProvenRestore,
} from '../../src/store/proof.js';
import { sampleManifest } from './sample-manifest.js';
import { sampleProof } from './sample-proof.js';

const { summary } = sampleManifest();

describe('a proof', () => {
  test('a proof is read as it was written, also with members of a later version', () => {
    const proof = sampleProof();
    expect(parseProof(writeProof(proof))).toEqual(proof);
    expect(parseProof(JSON.stringify({ ...proof, cpu: 'fast' }))).toEqual(proof);
    expect(parseProof(writeProof({ ...proof, seconds: null, rows: null }))).toMatchObject({ seconds: null });
  });

  test.each([
    ['', /^it is empty$/],
    ['{"format":1,', /^it is not JSON/],
    ['[]', /^it is not valid at its top/],
    [JSON.stringify({ ...sampleProof(), format: 2 }), /^it has format 2, this version knows 1$/],
    [JSON.stringify({ ...sampleProof(), seconds: -1 }), /^it is not valid at seconds/],
    [JSON.stringify({ ...sampleProof(), provenAt: 'yesterday' }), /^it is not valid at provenAt/],
    [JSON.stringify({ ...sampleProof(), history: [{}] }), /^it is not valid at history\.0\.provenAt/],
    [`${writeProof(sampleProof())}${' '.repeat(MAX_PROOF_BYTES)}`, /^it is larger than any proof$/],
  ])('%#: what is no proof is refused with the reason', (text, fault) => {
    expect(parseProof(text)).toEqual({ fault: expect.stringMatching(fault) });
  });

  test('a proof is of the backup that was restored, and of no other of its name', () => {
    const withId = { ...summary, archiveId: 'ab'.repeat(16) };
    expect(proves(sampleProof(summary), summary)).toBe(true);
    expect(proves(sampleProof(withId), withId)).toBe(true);
    expect(proves(sampleProof(withId), summary)).toBe(false);
    for (const other of [
      { takenAt: '2026-01-02T03:04:06.000Z' },
      { finishedAt: '2026-01-02T03:05:06.000Z' },
      { sizeBytes: 1001 },
      { archiveId: 'cd'.repeat(16) },
    ]) {
      expect(proves(sampleProof(withId), { ...withId, ...other })).toBe(false);
    }
  });

  test('a history keeps the newest restores, in the room that a proof has', () => {
    const longest = String.fromCharCode(1).repeat(255);
    const at = (day: number): ProvenRestore => {
      return { provenAt: new Date(Date.UTC(2026, 0, day)).toISOString(), backupName: longest, seconds: day };
    };
    let proof = sampleProof(null, { history: historyWith(null, at(1)) });
    for (let day = 2; day <= HISTORY_KEPT + 2; day++) proof = { ...proof, history: historyWith(proof, at(day)) };
    expect(proof.history.map(({ seconds }) => seconds)).toEqual(Array.from({ length: HISTORY_KEPT }, (_, i) => i + 3));
    expect(parseProof(writeProof(proof))).toEqual(proof);
  });

  test('a proof stands beside its manifest', () => {
    expect(proofKeyOf(keysOf('p', 'app', 'n.dump').manifest)).toBe('p/app/n.dump.proof.json');
  });
});

test('docs/proof.schema.json is what the schema in the code says', () => {
  const stored: unknown = JSON.parse(readFileSync('docs/proof.schema.json', 'utf8'));
  expect(stored).toEqual(JSON.parse(JSON.stringify(proofJsonSchema())));
});
