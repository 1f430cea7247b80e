/** What deciding costs where there is very much to decide on: archives that nobody has made, at a size and at two and four times of it. No server is asked. */
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { miniArchiveHead } from '../src/archive/mini-archive.js';
import { parseHead } from '../src/archive/head.js';
import { backupContents } from '../src/commands/backup-contents.js';
import { asciiJson, parseUnit } from '../src/engine/journal-format.js';
import { Scheduler } from '../src/engine/scheduler.js';
import { chooseEntries } from '../src/plan/only.js';
import { INDEX_STRATEGIES } from '../src/plan/index-strategy.js';
import { fixedStrategy } from '../src/plan/index-wishes.js';
import { makePlan, type Plan, type PlanOptions } from '../src/plan/plan.js';
import { checkPlanIsWhole, restoredEntries } from '../src/plan/restored-entries.js';
import { withoutEntries } from '../src/plan/shrink.js';
import { STAGES } from '../src/plan/stage.js';
import { TocGraph } from '../src/plan/toc-graph.js';
import type { Unit } from '../src/plan/unit.js';
import { expectationsOf } from '../src/verify/expectations.js';
import {
  chainOfViews,
  manyPartitions,
  manyTables,
  oneTable,
  type SimulatedArchive,
} from '../testbed/simulated-archive.js';
import { bytes, seconds, type Figure } from './table.js';
import { say } from './workbench.js';

const MB = 1e6;
const GB = 1e9;
const JOBS = 4;
const TIMES = [1, 2, 4] as const;
/** Four times the size may take four times as long; what is over is for the collector, and for caches that do not hold it any more. The square would be 4. */
const GROWTH_AIM = 2;
/** At the smallest size; less says nothing about growth. */
const LEAST_MS = 100;
const PLAN_AIM_MS = 10_000;

interface Shape {
  what: (times: number) => string;
  make: (times: number) => SimulatedArchive;
}

/** The largest of each is what the issue names. */
function shapes(tables: number): Shape[] {
  const count = (most: number, times: number): number => Math.ceil((most * times) / 4);
  const number = (most: number, times: number): string => count(most, times).toLocaleString('en');
  const [partitions, views] = [tables / 10, tables];
  return [
    {
      what: (times) => `${number(tables, times)} small tables`,
      make: (times) => manyTables(count(tables, times), 1000),
    },
    {
      what: (times) => `${number(partitions, times)} tables of 1 MB`,
      make: (times) => manyTables(count(partitions, times), MB),
    },
    {
      what: (times) => `${number(partitions, times)} partitions of 1 MB`,
      make: (times) => manyPartitions(count(partitions, times), MB),
    },
    {
      what: (times) => `one table of ${number(500, times)} GB`,
      make: (times) => oneTable(count(500, times) * GB),
    },
    {
      what: (times) => `a chain of ${number(views, times)} views`,
      make: (times) => chainOfViews(count(views, times)),
    },
  ];
}

const OPTIONS: Omit<PlanOptions, 'indexStrategy'> = {
  only: [],
  skipEntries: [],
  keepSubscriptions: false,
  keepPrivileges: false,
  targetIsSuperuser: false,
  targetMajor: 15,
  installedExtensions: [],
  existing: [],
  journalSchema: 'phaselift_journal',
  // Of a server with PostgreSQL's defaults and two workers.
  lockBudget: 1066,
  indexOverrides: [],
  validateForeignKeys: 'now',
  sizes: [],
  room: { tempBytes: 2 ** 30, memoryBytes: 2 ** 30 },
  sliceBytes: 64 * 2 ** 20,
};

type Steps = Map<string, number>;

/** The steps of a restore that has all of it to decide, and of one that goes on; ms of CPU each. */
function stepsOf({ head, map }: SimulatedArchive): Pick<Run, 'steps' | 'units' | 'journalBytes'> {
  const steps: Steps = new Map();
  const timed = <T>(step: string, work: () => T): T => {
    const before = process.cpuUsage();
    const result = work();
    const { user, system } = process.cpuUsage(before);
    steps.set(step, (user + system) / 1000);
    return result;
  };
  timed('read the TOC', () => parseHead(head.bytes));
  const plans = INDEX_STRATEGIES.map((indexStrategy): Plan => {
    return timed(`plan, ${indexStrategy}`, () => makePlan(head, map, { ...OPTIONS, indexStrategy }));
  });
  const texts = timed('write the journal', () => plans.map(({ units }) => units.map(asciiJson)));
  const read = timed('read the journal', () =>
    texts.map((units) => units.map((text) => parseUnit(JSON.parse(text) as unknown))),
  );
  timed('check the plan of the journal', () => {
    for (const units of read) {
      const { all } = restoredEntries(head, OPTIONS, fixedStrategy('empty'));
      checkPlanIsWhole(units, all, map.blocks);
    }
  });
  const isOdd = new Set(head.entries.filter(({ dumpId }) => dumpId % 2 === 1).map(({ dumpId }) => dumpId));
  timed('leave half of it out', () => read.map((units) => withoutEntries(units, new Set(), isOdd, head.entries)));
  timed('hand out the units', () => {
    for (const { units } of plans) handOut(units);
  });
  timed('cut mini archives', () => {
    for (const { units } of plans)
      for (const unit of units) if (unit.kind === 'statements') miniArchiveHead(head, new Set(unit.dumpIds));
  });
  timed('what verification expects', () => expectationsOf(head.entries, map.blocks));
  timed('show', () => backupContents(head, map, []));
  timed('only half of it', () =>
    chooseEntries(new TocGraph(head.entries), [{ kind: null, schema: 'app', name: '.*[02468]', text: 'app.*' }]),
  );
  return {
    steps,
    units: Math.max(...plans.map(({ units }) => units.length)),
    journalBytes: Math.max(...texts.map((units) => units.reduce((sum, text) => sum + text.length, 0))),
  };
}

/** As workers take them that are all equally fast. */
function handOut(units: readonly Unit[]): void {
  for (const stage of STAGES) {
    const scheduler = new Scheduler(
      units.filter((unit) => unit.stage === stage),
      new Set(),
    );
    const running: Unit[] = [];
    while (!scheduler.isEmpty || running.length > 0) {
      for (let free = JOBS - running.length; free > 0; free--) {
        const next = scheduler.next();
        if (next !== null) running.push(next);
      }
      const done = running.shift();
      if (done === undefined) throw new Error(`units of the stage ${stage} wait for each other`);
      scheduler.finish(done);
    }
  }
}

/** Bytes that are in use, buffers included. */
async function usedBytes(): Promise<number> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round++) {
    collect();
    // Buffers are let go of in between.
    await setImmediate();
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** `tables` of the largest. */
export async function benchPlanning(tables: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const { what, make } of shapes(tables)) {
    const runs: Run[] = [];
    for (const times of TIMES) runs.push(await run(what(times), () => make(times)));
    figures.push(...figuresOf(what, runs));
  }
  return figures;
}

async function run(what: string, make: () => SimulatedArchive): Promise<Run> {
  const before = await usedBytes();
  const archive = make();
  const archiveBytes = (await usedBytes()) - before;
  const { steps, units, journalBytes } = stepsOf(archive);
  const [entries, size] = [archive.head.entries.length, archive.head.bytes.length];
  say(
    `${what}: ${entries} entries in ${bytes(size)}, ${units} units, journal ${bytes(journalBytes)}, memory ${bytes(archiveBytes)}`,
  );
  return { steps, entries, units, archiveBytes, journalBytes };
}

interface Run {
  steps: Steps;
  entries: number;
  units: number;
  /** Of the table of contents and the map in memory. */
  archiveBytes: number;
  journalBytes: number;
}

function figuresOf(what: Shape['what'], runs: readonly Run[]): Figure[] {
  const [small, , large] = runs;
  if (small === undefined || large === undefined) throw new Error('nothing was run');
  const growth = TIMES[2] / TIMES[0];
  const figures = [...large.steps].map(([step, ms]): Figure => {
    const all = runs.map(({ steps }) => steps.get(step) ?? 0);
    const smallMs = small.steps.get(step) ?? 0;
    const ratio = ms / smallMs / growth;
    const isLinear = smallMs < LEAST_MS || ratio <= GROWTH_AIM;
    return {
      figure: `${step}: ${what(TIMES[2])}`,
      ours: seconds(ms),
      comparedWith: `at a quarter, a half: ${all.slice(0, -1).map(seconds).join(', ')}`,
      ratio,
      aim: step.startsWith('plan')
        ? `at most ${GROWTH_AIM} by size, ${seconds(PLAN_AIM_MS)}`
        : `at most ${GROWTH_AIM} by size`,
      met: isLinear && (!step.startsWith('plan') || ms <= PLAN_AIM_MS),
    };
  });
  return [
    ...figures,
    {
      figure: `memory of TOC and map: ${what(TIMES[2])}`,
      ours: bytes(large.archiveBytes),
      comparedWith: `${large.entries.toLocaleString('en')} entries; at a quarter ${bytes(small.archiveBytes)}`,
      ratio: large.archiveBytes / small.archiveBytes / growth,
      aim: '',
      met: null,
    },
    {
      figure: `journal: ${what(TIMES[2])}`,
      ours: bytes(large.journalBytes),
      comparedWith: `${large.units.toLocaleString('en')} units; at a quarter ${bytes(small.journalBytes)}`,
      ratio: large.journalBytes / small.journalBytes / growth,
      aim: '',
      met: null,
    },
  ];
}
