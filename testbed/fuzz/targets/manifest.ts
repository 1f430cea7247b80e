/** Manifests and proofs, which anybody who may write to the store can have written. */
import { checkMapConsistency } from '../../../src/store/map-consistency.js';
import { mapOf } from '../../../src/store/manifest.js';
import { parseManifest, readSummary, SUMMARY_PREFIX_BYTES, writeManifest } from '../../../src/store/manifest-text.js';
import { MAX_PROOF_BYTES, parseProof, proves, writeProof } from '../../../src/store/proof.js';
import { finding, type FuzzTarget } from '../fuzz-target.js';
import { expectUnpolluted, outcomeOf } from '../outcome.js';

const URI = 's3://bucket/app/one.manifest.json';

export const manifest: FuzzTarget = {
  tokens: [
    ...[
      '"format":1',
      '"format":2',
      '"summary":{',
      '"archive":{',
      '"map":{',
      '"source":{',
      '"forRestore":{',
      '"text":{',
    ],
    ...[
      '"database":"',
      '"name":"',
      '"takenAt":"',
      '"finishedAt":"',
      '"sizeBytes":',
      '"rows":null',
      '"tables":',
      '"etag":',
    ],
    ...[
      '"archiveId":"',
      '"versionId":null',
      '"compression":{"algorithm":"gzip","level":null}',
      '"head":{"length":',
      '"blocks":[',
    ],
    ...[
      '"dumpId":',
      '"kind":"table"',
      '"kind":"large-objects"',
      '"offset":',
      '"length":',
      '"segments":[',
      '"sha256":"',
    ],
    ...[
      '"chunkBytesLeft":0',
      '"adler32":',
      '"relations":[]',
      '"roles":[]',
      '"__proto__":',
      '"constructor":',
      '"backup":{',
    ],
    ...[
      '"provenAt":"',
      '"history":[',
      '9007199254740991',
      '9007199254740993',
      '1e400',
      '-0',
      '2026-11-27T00:00:00.000Z',
      '\\u0000',
    ],
  ],
  run,
};

function run(bytes: Buffer): void {
  const text = bytes.toString();
  const summary = outcomeOf(['MANIFEST'], () => readSummary(bytes.toString('utf8', 0, SUMMARY_PREFIX_BYTES), URI));
  const whole = outcomeOf(['MANIFEST'], () => parseManifest(text, URI));
  if ('refusal' in whole && !whole.refusal.includes(URI)) finding(`a refusal that names no manifest: ${whole.refusal}`);
  if ('value' in whole) {
    const fault = checkMapConsistency(mapOf(whole.value));
    if (fault !== null) finding(`a manifest that contradicts itself: ${fault}`);
    const written = outcomeOf(['MANIFEST'], () => writeManifest(whole.value));
    if ('value' in written) {
      if (!isSame(parseManifest(written.value, URI), whole.value)) finding('a manifest that is read again as another');
      if (!isSame(readSummary(written.value, URI), whole.value.summary)) finding('a summary that is read as another');
    }
  }
  readProof(text, 'value' in summary ? summary.value : null);
  expectUnpolluted();
}

function readProof(text: string, summary: ReturnType<typeof readSummary> | null): void {
  const proof = parseProof(text);
  if ('fault' in proof) {
    if (proof.fault.trim() === '') finding('a fault of a proof that says nothing');
    return;
  }
  if (summary !== null) proves(proof, summary);
  const written = writeProof(proof);
  if (Buffer.byteLength(written) <= MAX_PROOF_BYTES && !isSame(parseProof(written), proof)) {
    finding('a proof that is read again as another');
  }
}

/** As JSON has it: there `-0` is 0. */
function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
