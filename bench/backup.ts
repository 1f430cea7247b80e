/**
 * How long a backup takes, and what it costs the runner, with one reader and with two, beside what stock tools need: pg_dump alone, pg_dump
 * piped into the aws CLI, and a directory of pg_dump that the aws CLI copies. Into a real store, and into one that forgets.
 */
import { makeCertificate } from '../testbed/certificate.js';
import { byTurns, type Outcome, type Way } from './by-turns.js';
import { measureAction, measureShell, median, type MeasuredAction } from './measure.js';
import { awsVersion, storeEnvironment } from './object-reader.js';
import { startSink } from './sink.js';
import { bytes, comparedBundles, comparedTimes, failedFigure, type Figure } from './table.js';
import {
  BUCKET,
  pathWith,
  say,
  sideInputs,
  SOURCE,
  startStore,
  storeInputs,
  type StoreLogin,
  type Workbench,
} from './workbench.js';

const DUMP = 'pg_dump -Fc -Z0';
/** CPU of the action's own process for each MB (1,000,000 bytes) of the archive. */
const OWN_CPU_AIM = 3;

/** A backup of the source into a store. */
export function backUp(
  { postgres }: Workbench,
  s3: StoreLogin,
  inputs: Readonly<Record<string, string>> = {},
  bundle?: string,
): Promise<MeasuredAction> {
  const sides = { ...sideInputs(postgres, 'source'), ...storeInputs(s3) };
  return measureAction(
    { mode: 'backup', database: SOURCE, 'backup-name': 'measured', force: 'true', ...sides, ...inputs },
    { PATH: pathWith(postgres) },
    bundle,
  );
}

/** A way of the stock tools' that uploads by the aws CLI. */
export function piped(workbench: Workbench, s3: StoreLogin, script: string): Way {
  const env = { ...workbench.clientEnvironment(SOURCE), ...storeEnvironment(s3) };
  return () => measureShell(`set -o pipefail; ${script}`, env);
}

/** The script that uploads stdin, or a directory. */
export const UPLOAD = `aws --endpoint-url "$BENCH_ENDPOINT" s3 cp --only-show-errors - "s3://${BUCKET}/piped.dump"`;
const DIRECTORY = '/dev/shm/phaselift-bench-dump';
const DIRECTORY_WAY = 'pg_dump -Fd -j2 -Z0 to a memory disk, aws s3 cp --recursive';
const DIRECTORY_SCRIPT = `
  rm -rf ${DIRECTORY}
  pg_dump -Fd -j2 -Z0 -f ${DIRECTORY}
  aws --endpoint-url "$BENCH_ENDPOINT" s3 cp --only-show-errors --recursive ${DIRECTORY} "s3://${BUCKET}/directory"
  rm -rf ${DIRECTORY}`;

/** All ways by turns, and the medians beside each other. */
export async function benchBackup(workbench: Workbench): Promise<Figure[]> {
  await workbench.fillSource();
  const { repeats, rowBytes, before } = workbench;
  const s3 = await startStore(workbench, rowBytes * 4 * (repeats + 1));
  const sink = await startSink();
  const tlsSink = await startSink(await makeCertificate());
  const overTls = { 's3-verify-ssl': 'false' };
  let sizeBytes = 0;
  const own: Record<'plain' | 'tls', number[]> = { plain: [], tls: [] };
  const ours = async (store: StoreLogin, inputs: Readonly<Record<string, string>>): Promise<MeasuredAction> => {
    const measured = await backUp(workbench, store, inputs);
    sizeBytes = Number(measured.outputs['size-bytes']);
    return measured;
  };
  const oneInto = async (store: StoreLogin, kind: 'plain' | 'tls'): Promise<MeasuredAction> => {
    const measured = await ours(store, kind === 'tls' ? overTls : {});
    own[kind].push(measured.ownCpuMs / (sizeBytes / 1e6));
    return measured;
  };
  try {
    const dump = (): ReturnType<Way> => measureShell(`${DUMP} > /dev/null`, workbench.clientEnvironment(SOURCE));
    // One that is not counted, so that the first that counts does not read from the disk.
    await dump();
    const outcomeOf = await byTurns(
      'backup',
      {
        dump,
        piped: piped(workbench, s3, `${DUMP} | ${UPLOAD}`),
        directory: piped(workbench, s3, DIRECTORY_SCRIPT),
        one: () => ours(s3, {}),
        two: () => ours(s3, { 'dump-jobs': '2' }),
        'one into the sink': () => oneInto(sink, 'plain'),
        'two into the sink': () => ours(sink, { 'dump-jobs': '2' }),
        'one over TLS': () => oneInto(tlsSink, 'tls'),
        ...(before === null ? {} : { before: () => backUp(workbench, s3, {}, before) }),
      },
      repeats,
    );
    workbench.notes.add(
      `Archive: ${bytes(sizeBytes)}. Uploads of stock tools by ${(await awsVersion()) ?? 'no aws CLI'}.`,
    );
    const old = before === null ? [] : beside(outcomeOf('one'), outcomeOf('before'));
    return [...figures(outcomeOf), ...ownCpu(own), ...old];
  } finally {
    await Promise.all([s3.stop(), sink.stop(), tlsSink.stop()]);
  }
}

function figures(outcomeOf: (name: string) => Outcome): Figure[] {
  const [dump, pipe, directory] = [outcomeOf('dump'), outcomeOf('piped'), outcomeOf('directory')];
  const [one, two] = [outcomeOf('one'), outcomeOf('two')];
  const [alone, aws] = [`${DUMP} > /dev/null`, `${DUMP} | aws s3 cp -`];
  return [
    ...compared('backup, one reader', one, alone, dump, { wall: { atMost: 1.2 } }),
    ...compared('backup, one reader', one, aws, pipe, { wall: { below: 1 }, cpu: { atMost: 0.8 } }),
    ...compared('backup, two readers', two, aws, pipe, { wall: { atMost: 0.75 } }),
    ...compared('backup, two readers', two, DIRECTORY_WAY, directory, { wall: { below: 1 } }),
    ...compared('backup into the sink, one reader', outcomeOf('one into the sink'), alone, dump, {}),
    ...compared('backup into the sink, two readers', outcomeOf('two into the sink'), alone, dump, {
      wall: { atMost: 1.1 },
    }),
  ];
}

type Aim = Parameters<typeof comparedTimes>[3];

/** Wall time and CPU of two ways; what failed is told as such. */
export function compared(
  what: string,
  ours: Outcome,
  command: string,
  other: Outcome,
  aims: { wall?: Aim; cpu?: Aim },
): Figure[] {
  if ('fault' in ours) return [failed(what, ours.fault)];
  if ('fault' in other) return [failed(`${what}, beside ${command}`, other.fault)];
  return [
    comparedTimes(`${what}, wall`, ours.wallMs, { command, ms: other.wallMs }, aims.wall ?? null),
    comparedTimes(`${what}, CPU`, ours.cpuMs, { command, ms: other.cpuMs }, aims.cpu ?? null),
  ];
}

function failed(what: string, fault: string): Figure {
  say(`${what}: ${fault}`);
  return failedFigure(what, fault);
}

function ownCpu(own: Readonly<Record<'plain' | 'tls', readonly number[]>>): Figure[] {
  return (['plain', 'tls'] as const)
    .filter((kind) => own[kind].length > 0)
    .map((kind) => {
      const msPerMb = median(own[kind]);
      return {
        figure: `backup, one reader, CPU of the action itself, ${kind === 'tls' ? 'over TLS' : 'over HTTP'}`,
        ours: `${msPerMb.toFixed(2)} ms per MB`,
        comparedWith: '',
        ratio: null,
        aim: `at most ${OWN_CPU_AIM}`,
        met: msPerMb <= OWN_CPU_AIM,
      };
    });
}

function beside(ours: Outcome, before: Outcome): Figure[] {
  if ('fault' in ours || 'fault' in before) return [];
  return comparedBundles('backup, one reader', ours, before);
}
