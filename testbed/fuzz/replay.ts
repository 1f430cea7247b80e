/** `node replay.js PATTERN FOLDER…`: gives the target each file of the folders, and prints how much of the sources that reaches. */
import { readdirSync, readFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { join } from 'node:path';

const [pattern = '', ...folders] = process.argv.slice(2);
const about = new RegExp(pattern);
void replay();

async function replay(): Promise<void> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const { fuzz } = await import('./entry.js');
  const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
  for (const file of files) {
    try {
      await fuzz(readFileSync(file));
    } catch {
      // What was found is told by the fuzzer.
    }
  }
  const { result } = await session.post('Profiler.takePreciseCoverage');
  let [covered, total] = [0, 0];
  for (const { url, functions } of result) {
    if (!about.test(url)) continue;
    const length = functions[0]?.ranges[0]?.endOffset ?? 0;
    const isCovered = new Uint8Array(length);
    // Ranges are nested: what is inside comes later and says more.
    for (const { ranges } of functions) {
      for (const { startOffset, endOffset, count } of ranges) isCovered.fill(count > 0 ? 1 : 0, startOffset, endOffset);
    }
    total += length;
    covered += isCovered.reduce((sum, byte) => sum + byte, 0);
  }
  console.log(JSON.stringify({ inputs: files.length, covered, total }));
}
