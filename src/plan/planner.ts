import { isDeepStrictEqual } from 'node:util';
import type { ArchiveHead, ArchiveMap } from '../archive/types.js';
import { makePlan, type Plan, type PlanOptions } from './plan.js';

/** Plans of one archive. What was planned last is not planned again while nothing has changed that a plan goes by. */
export class Planner {
  private last: { options: PlanOptions; plan: Plan } | null = null;

  constructor(
    private readonly head: ArchiveHead,
    private readonly map: Pick<ArchiveMap, 'blocks'>,
  ) {}

  plan(options: PlanOptions): Plan {
    if (this.last === null || !isDeepStrictEqual(this.last.options, options)) {
      this.last = { options, plan: makePlan(this.head, this.map, options) };
    }
    return this.last.plan;
  }
}
