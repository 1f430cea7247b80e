/**
 * `npm run bench [-- backup compression encryption restore memory small-tables many-objects planning index-costs start] [--record]`: runs the benchmarks, all without names, and prints their tables;
 * with `--record` they go into docs/benchmarks.md as well. PHASELIFT_BENCH_BYTES: bytes of rows of the source database (default
 * 1GB); PHASELIFT_BENCH_REPEATS: how often what is repeated is run (default 3); PHASELIFT_BENCH_TABLES: of `small-tables` and `many-objects` (default 20,000), and of `planning` (default 100,000). PHASELIFT_BENCH_BEFORE: the dist/ of another
 * commit, which backup and restore measure by turns with ours. Exit code 1 when an aim is not met.
 */
import { benchBackup } from './backup.js';
import { benchCompression } from './compression.js';
import { benchEncryption } from './encryption.js';
import { benchIndexCosts } from './index-costs.js';
import { machineFacts } from './machine.js';
import { benchManyObjects } from './many-objects.js';
import { benchMemory } from './memory.js';
import { benchPlanning } from './planning.js';
import { record } from './record.js';
import { benchRestore } from './restore.js';
import type { RestoreRun } from './restorer.js';
import { benchSmallTables } from './small-tables.js';
import { benchStart } from './start.js';
import { bytes, failedFigure, figureTable, seconds, table, type Figure } from './table.js';
import { say, startWorkbench } from './workbench.js';

const NAMES = [
  'start',
  'backup',
  'compression',
  'encryption',
  'restore',
  'memory',
  'small-tables',
  'many-objects',
  'planning',
  'index-costs',
] as const;
type Name = (typeof NAMES)[number];

const args = process.argv.slice(2);
const wanted = NAMES.filter((name) => args.includes(name));
const unknown = args.filter((arg) => arg !== '--record' && !NAMES.some((name) => name === arg));
if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; there are ${NAMES.join(', ')} and --record`);
const rowBytes = sizeOf('PHASELIFT_BENCH_BYTES', 1e9);
const repeats = sizeOf('PHASELIFT_BENCH_REPEATS', 3);
const tables = sizeOf('PHASELIFT_BENCH_TABLES', 20_000);

// Servers end with this process, however it ends.
process.on('SIGINT', () => process.exit(130));

const startedAt = performance.now();
const workbench = await startWorkbench(rowBytes, repeats);
try {
  const figures: Figure[] = [];
  const restores: { runs: readonly RestoreRun[]; sizeBytes: number }[] = [];
  const compressions: string[] = [];
  const indexCosts: string[] = [];
  const run: Record<Name, () => Promise<Figure[]>> = {
    start: benchStart,
    backup: () => benchBackup(workbench),
    compression: async () => {
      const { figures, table } = await benchCompression(workbench);
      compressions.push(table);
      return figures;
    },
    encryption: () => benchEncryption(workbench),
    restore: async () => {
      const { figures, ...rest } = await benchRestore(workbench);
      restores.push(rest);
      return figures;
    },
    memory: () => benchMemory(workbench),
    'small-tables': () => benchSmallTables(workbench, tables),
    'index-costs': async () => {
      indexCosts.push(await benchIndexCosts(workbench));
      return [];
    },
    'many-objects': () => benchManyObjects(workbench, tables),
    planning: () => benchPlanning(sizeOf('PHASELIFT_BENCH_TABLES', 100_000)),
  };
  for (const name of wanted.length > 0 ? wanted : NAMES) {
    say(`${name} …`);
    try {
      figures.push(...(await run[name]()));
    } catch (error) {
      // What the others have measured in many minutes is not lost with it.
      console.error(error);
      figures.push(failed(name, error));
    }
  }
  const facts = [
    ...(await machineFacts(workbench)).map((fact) => `${fact}.`),
    ...workbench.notes,
    `Made by \`${command()}\` on ${new Date().toISOString().slice(0, 10)}, in ${Math.ceil((performance.now() - startedAt) / 60_000)} minutes.`,
  ];
  const results = [
    { heading: 'Figures', table: figureTable(figures) },
    ...indexCosts.map((table) => ({ heading: 'What an index costs', table })),
    ...compressions.map((table) => ({ heading: 'What compression costs and saves', table })),
    ...restores.map(({ runs, sizeBytes }) => ({ heading: 'Every restore', table: restoreTable(runs, sizeBytes) })),
  ];
  const report = (tableMark: string) =>
    [
      facts.map((fact) => `- ${fact}`).join('\n'),
      ...results.map(({ heading, table }) => `### ${heading}\n\n${tableMark}${table}`),
    ].join('\n\n');
  console.log(report(''));
  if (args.includes('--record')) {
    await record(report('<!-- prettier-ignore -->\n'));
    say('recorded in docs/benchmarks.md');
  }
  if (figures.some((figure) => figure.met === false)) process.exitCode = 1;
} finally {
  await workbench.postgres.stop();
}
process.exit();

function failed(name: Name, error: unknown): Figure {
  const [message = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return failedFigure(name, message);
}

function restoreTable(runs: readonly RestoreRun[], sizeBytes: number): string {
  return table(
    ['restore', 'wall', 'CPU of the client', 'read from S3', 'of the archive', 'temp files', 'temp bytes'],
    runs.map(({ title, wallMs, cpuMs, readBytes, temp }) => [
      title,
      seconds(wallMs),
      seconds(cpuMs),
      bytes(readBytes),
      `${(readBytes / sizeBytes).toFixed(2)} x`,
      String(temp.files),
      bytes(temp.bytes),
    ]),
  );
}

function sizeOf(variable: string, fallback: number): number {
  const text = process.env[variable];
  const value = text === undefined || text === '' ? fallback : (parseDecimal(text) ?? Number.NaN);
  if (!(value >= 1)) throw new Error(`${variable}: ${String(text)} is not a size`);
  return value;
}

/** Units of 1,000 here, as figures of benchmarks are read: `1GB` is 1,000,000,000. */
function parseDecimal(text: string): number | null {
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kMG]?)B?$/i.exec(text) ?? [];
  const factors: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9 };
  return number === '' ? null : Number(number) * (factors[unit.toUpperCase()] ?? Number.NaN);
}

function command(): string {
  const set = [
    'PHASELIFT_BENCH_BYTES',
    'PHASELIFT_BENCH_REPEATS',
    'PHASELIFT_BENCH_TABLES',
    'PHASELIFT_BENCH_BEFORE',
  ].flatMap((name) => (process.env[name] ? [`${name}=${process.env[name]}`] : []));
  return [...set, 'npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
}
