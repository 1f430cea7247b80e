/**
 * `npx tsx bench/row-digests.ts`: what the digests of `verify: content` cost. Hashes 200 MB of rows by the code of the verification and by
 * SHA-256 for each row, and prints megabytes for each second; no server is asked.
 */
import { hash } from 'node:crypto';
import { loadRowDigests } from '../src/verify/row-digest.js';

const TOTAL_BYTES = 200e6;
const CHUNK_BYTES = 256 * 1024;
const NEWLINE = 10;

const newDigest = await loadRowDigests();
for (const rowBytes of [100, 1000]) {
  const chunk = rowsOf(rowBytes);
  const times = Math.ceil(TOTAL_BYTES / chunk.length);
  const digest = newDigest();
  print('XXH64, summed', rowBytes, times * chunk.length, () => {
    for (let time = 0; time < times; time += 1) digest.push(chunk);
  });
  print('SHA-256 of each row', rowBytes, times * chunk.length, () => {
    for (let time = 0; time < times; time += 1) {
      let at = 0;
      for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
        hash('sha256', chunk.subarray(at, end), 'buffer');
        at = end + 1;
      }
    }
  });
}

/** Rows of about so many bytes, as COPY writes them, each another one. */
function rowsOf(rowBytes: number): Buffer {
  const rows: string[] = [];
  for (let bytes = 0; bytes < CHUNK_BYTES; bytes += rowBytes) {
    const row = `${rows.length}\tname ${(rows.length * 7919) % 100_003}\t2026-01-02 03:04:05+00\t`;
    rows.push(`${row}${'x'.repeat(Math.max(0, rowBytes - row.length - 1))}\n`);
  }
  return Buffer.from(rows.join(''));
}

function print(what: string, rowBytes: number, bytes: number, work: () => void): void {
  const startedAt = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(startedAt);
  const seconds = (user + system) / 1e6;
  console.log(
    `${what}, rows of ${rowBytes} bytes: ${seconds.toFixed(2)} s CPU, ${(bytes / 1e6 / seconds).toFixed(0)} MB/s`,
  );
}
