/** How long a backup takes, and what it costs the runner, beside pg_dump alone and beside pg_dump piped into the aws CLI. */
import { measureAction, measureShell, medianOf, type Measured } from './measure.js';
import { awsVersion, storeEnvironment } from './object-reader.js';
import { bytes, comparedBundles, seconds, type Figure } from './table.js';
import { BUCKET, pathWith, say, sideInputs, SOURCE, startStore, storeInputs, type Workbench } from './workbench.js';

const WALL_AIM = 1.2;
const DUMP = 'pg_dump -Fc -Z0';

/** Runs the three by turns, so that whatever else the machine does meets all of them, and compares the medians. */
export async function benchBackup(workbench: Workbench): Promise<Figure[]> {
  await workbench.fillSource();
  const { postgres, repeats, rowBytes, before } = workbench;
  const s3 = await startStore(workbench, rowBytes * repeats * 2);
  try {
    const aws = await awsVersion();
    const environment = workbench.clientEnvironment(SOURCE);
    const upload = `${DUMP} | aws --endpoint-url "$BENCH_ENDPOINT" s3 cp --only-show-errors - "s3://${BUCKET}/piped.dump"`;
    const runs: Record<'ours' | 'before' | 'dump' | 'piped', Measured[]> = {
      ours: [],
      before: [],
      dump: [],
      piped: [],
    };
    let sizeBytes = 0;
    let awsFault: string | null = aws === null ? 'the aws CLI is not installed' : null;
    // One that is not counted, so that the first that counts does not read from the disk.
    await measureShell(`${DUMP} > /dev/null`, environment);
    for (let run = 1; run <= repeats; run++) {
      const backUp = (bundle?: string) => {
        const name = { 'backup-name': `run-${run}`, force: 'true' };
        const sides = { ...sideInputs(postgres, 'source'), ...storeInputs(s3) };
        return measureAction(
          { mode: 'backup', database: SOURCE, ...name, ...sides },
          { PATH: pathWith(postgres) },
          bundle,
        );
      };
      const ours = await backUp();
      sizeBytes = Number(ours.outputs['size-bytes']);
      runs.ours.push(ours);
      if (before !== null) runs.before.push(await backUp(before));
      runs.dump.push(await measureShell(`${DUMP} > /dev/null`, environment));
      if (awsFault === null) {
        try {
          const env = { ...environment, ...storeEnvironment(s3) };
          runs.piped.push(await measureShell(`set -o pipefail; ${upload}`, env));
        } catch (error) {
          awsFault = `${aws ?? 'aws'} failed: ${error instanceof Error ? (error.message.split('\n').at(-1) ?? '') : ''}`;
        }
      }
      const times = Object.entries(runs).map(
        ([name, of]) => `${name} ${of.length < run ? '-' : seconds(of.at(-1)?.wallMs ?? 0)}`,
      );
      say(`backup ${run} of ${repeats}: ${times.join(', ')}`);
    }
    workbench.notes.add(`Archive: ${bytes(sizeBytes)}.`);
    const [ours, dump] = [medianOf(runs.ours), medianOf(runs.dump)];
    const piped = awsFault === null ? medianOf(runs.piped) : null;
    return [
      ...(before === null ? [] : comparedBundles('backup', ours, medianOf(runs.before))),
      compared('backup, wall', ours.wallMs, dump.wallMs, `${DUMP} > /dev/null`, WALL_AIM),
      compared('backup, CPU', ours.cpuMs, dump.cpuMs, `${DUMP} > /dev/null`, null),
      ...(piped === null
        ? [withoutAws(ours, awsFault ?? '')]
        : [
            compared('backup, wall', ours.wallMs, piped.wallMs, `${DUMP} | aws s3 cp - (${aws ?? ''})`, 1),
            compared('backup, CPU', ours.cpuMs, piped.cpuMs, `${DUMP} | aws s3 cp - (${aws ?? ''})`, null),
          ]),
    ];
  } finally {
    await s3.stop();
  }
}

function compared(figure: string, ours: number, other: number, command: string, aim: number | null): Figure {
  const ratio = ours / other;
  return {
    figure,
    ours: seconds(ours),
    comparedWith: `${command}: ${seconds(other)}`,
    ratio,
    aim: aim === null ? '' : aim === 1 ? 'below 1' : `at most ${aim}`,
    met: aim === null ? null : aim === 1 ? ratio < 1 : ratio <= aim,
  };
}

function withoutAws(ours: Measured, fault: string): Figure {
  return {
    figure: 'backup, wall',
    ours: seconds(ours.wallMs),
    comparedWith: `${DUMP} | aws s3 cp -: not measured, ${fault}`,
    ratio: null,
    aim: 'below 1',
    met: null,
  };
}
