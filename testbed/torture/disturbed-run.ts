import { setTimeout as sleep } from 'node:timers/promises';
import { strike, type Fault, type Victim } from './fault.js';
import type { Plan } from './plan.js';

/** A fault that has hit. */
export interface Strike {
  kind: Fault;
  /** After the start of the run, milliseconds. */
  atMs: number;
  /** What the run was at, by the group of its log. */
  during: string;
}

/** What is to be hit may not be there yet, and may never be: then the fault is given up. */
const LOOK_AGAIN_MS = 5;
const LOOK_FOR_MS = 500;

/** One run of the action, with the planned faults as long as it is at work. */
export class DisturbedRun {
  /** The server was killed when the restore was through. */
  hitAfterEnd = false;
  private readonly hits: Strike[] = [];
  private readonly ended = new AbortController();
  private readonly work: Promise<void>;

  /** `isThrough` is asked after each crash of the server: is all work of the run done, so that nothing repairs what the crash did? */
  constructor(
    private readonly victim: Victim,
    private readonly plan: Plan,
    private readonly isThrough: () => Promise<boolean>,
  ) {
    void victim.handle.done.finally(() => {
      this.ended.abort();
    });
    this.work = this.strikeAll();
  }

  /** The faults that have hit, when all of their work is done: the server is up again. Throws what went wrong with them. */
  async strikes(): Promise<readonly Strike[]> {
    await this.work;
    return this.hits;
  }

  private async strikeAll(): Promise<void> {
    const { plan } = this;
    const startedAt = performance.now();
    for (let next = plan.faults[0]; next !== undefined; next = plan.faults[0]) {
      if (!(await this.pause(next.afterMs))) return;
      plan.faults.shift();
      const hit = await this.hit(next.kind, startedAt);
      if (hit === null) continue;
      this.hits.push(hit);
      if (next.kind === 'server' && (await this.isThrough())) this.hitAfterEnd = true;
      if (next.kind === 'action') return;
    }
  }

  /** Null where there was nothing to hit for a while, or the run has ended. */
  private async hit(kind: Fault, startedAt: number): Promise<Strike | null> {
    const { victim, plan } = this;
    for (const dueAt = performance.now(); performance.now() - dueAt < LOOK_FOR_MS;) {
      const during = groupOf(victim.handle.lines);
      const atMs = performance.now() - startedAt;
      if (await strike(kind, victim, plan.random)) return { kind, atMs, during };
      if (!(await this.pause(LOOK_AGAIN_MS))) break;
    }
    return null;
  }

  /** False when the run has ended. */
  private async pause(ms: number): Promise<boolean> {
    const { signal } = this.ended;
    await sleep(ms, undefined, { signal }).catch(() => undefined);
    return !signal.aborted;
  }
}

function groupOf(lines: readonly string[]): string {
  const group = lines.findLast((line) => line.startsWith('::group::'));
  return group?.slice('::group::'.length).replace(/ into .*$/, '') ?? 'its start';
}
