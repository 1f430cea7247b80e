import { setTimeout as sleep } from 'node:timers/promises';
import { kill, type KillKind, type Victim } from './kill.js';
import type { Plan } from './plan.js';

/** A kill that has hit. */
export interface Strike {
  kind: KillKind;
  /** After the start of the run, milliseconds. */
  atMs: number;
  /** What the run was at, by the group of its log. */
  during: string;
}

/** What is to be killed may not be there yet, and may never be: then the kill is given up. */
const LOOK_AGAIN_MS = 5;
const LOOK_FOR_MS = 500;

/** One run of the action, with the planned kills as long as it is at work. */
export class KilledRun {
  /** The server was killed when the restore was through. */
  hitAfterEnd = false;
  private readonly hits: Strike[] = [];
  private readonly ended = new AbortController();
  private readonly work: Promise<void>;

  constructor(
    private readonly victim: Victim,
    private readonly plan: Plan,
  ) {
    void victim.handle.done.finally(() => {
      this.ended.abort();
    });
    this.work = this.strike();
  }

  /** The kills that have hit, when all of their work is done: the server is up again. Throws what went wrong with them. */
  async strikes(): Promise<readonly Strike[]> {
    await this.work;
    return this.hits;
  }

  private async strike(): Promise<void> {
    const { plan } = this;
    const startedAt = performance.now();
    for (let next = plan.kills[0]; next !== undefined; next = plan.kills[0]) {
      if (!(await this.pause(next.afterMs))) return;
      plan.kills.shift();
      const strike = await this.hit(next.kind, startedAt);
      if (strike === null) continue;
      this.hits.push(strike);
      if (next.kind === 'server' && (await this.isThrough())) this.hitAfterEnd = true;
      if (next.kind === 'action') return;
    }
  }

  /** Null where there was nothing to kill for a while, or the run has ended. */
  private async hit(kind: KillKind, startedAt: number): Promise<Strike | null> {
    const { victim, plan } = this;
    for (const dueAt = performance.now(); performance.now() - dueAt < LOOK_FOR_MS;) {
      const during = groupOf(victim.handle.lines);
      const atMs = performance.now() - startedAt;
      if (await kill(kind, victim, plan.random)) return { kind, atMs, during };
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

  /** The restore has made all, and its journal is gone. */
  private async isThrough(): Promise<boolean> {
    const { server, target } = this.victim;
    const exists = await server.psql('postgres', `SELECT count(*) FROM pg_database WHERE datname = '${target}'`);
    if (exists === '0') return false;
    const sql = "SELECT to_regnamespace('shop') IS NOT NULL AND to_regnamespace('phaselift_journal') IS NULL";
    return (await server.psql(target, sql)) === 't';
  }
}

function groupOf(lines: readonly string[]): string {
  const group = lines.findLast((line) => line.startsWith('::group::'));
  return group?.slice('::group::'.length).replace(/ into .*$/, '') ?? 'its start';
}
