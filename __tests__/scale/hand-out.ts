import { Scheduler } from '../../src/engine/scheduler.js';
import { STAGES } from '../../src/plan/stage.js';
import type { Unit } from '../../src/plan/unit.js';

/** The units of a plan in the order in which workers end them that are all equally fast. */
export function handOut(units: readonly Unit[], workers: number): Unit[] {
  const done: Unit[] = [];
  const ofStage = Map.groupBy(units, ({ stage }) => stage);
  for (const stage of STAGES) {
    const scheduler = new Scheduler(ofStage.get(stage) ?? [], new Set());
    const running: Unit[] = [];
    do {
      while (running.length < workers) {
        const next = scheduler.next();
        if (next === null) break;
        running.push(next);
      }
      const ended = running.shift();
      if (ended === undefined) break;
      done.push(ended);
      scheduler.finish(ended);
    } while (!scheduler.isEmpty || running.length > 0);
  }
  return done;
}
