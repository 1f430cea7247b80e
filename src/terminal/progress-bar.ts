import { SingleBar, type Options } from 'cli-progress';
import { Progress, type Counters } from '../report/progress.js';
import type { ProgressDisplay, ProgressOptions } from '../report/progress-display.js';
import { describeEnd } from '../report/progress-line.js';
import { barFrame, lastFrame } from './bar-frame.js';
import { BarTerminal } from './bar-terminal.js';
import type { Screen } from './screen.js';

/** Enough to see it move, and little enough for a slow connection. */
const FRAMES_PER_SECOND = 5;

/** A bar at the bottom of the terminal, drawn in place; when the work ends it leaves one line. */
export class ProgressBar implements ProgressDisplay {
  private readonly progress: Progress;
  private readonly bar: SingleBar;
  private readonly terminal: BarTerminal;
  private readonly before: Partial<Counters>;
  private result: string | null = null;

  constructor(
    { label, totals, before = {} }: ProgressOptions,
    private readonly screen: Screen,
  ) {
    this.before = before;
    this.progress = new Progress({ bytes: null, units: null, ...totals }, Date.now(), before);
    this.terminal = new BarTerminal(screen);
    // The library takes a terminal of one's own, which its types do not know.
    const options: Options & { terminal: BarTerminal } = {
      terminal: this.terminal,
      fps: FRAMES_PER_SECOND,
      forceRedraw: true,
      // SIGINT is ours: the bar ends when the work has.
      gracefulExit: false,
      format: (_options, params) => this.frame(label, params.maxWidth),
    };
    this.bar = new SingleBar(options);
    this.bar.start(1, 0);
    screen.pin({
      clear: () => {
        this.terminal.clearWhole();
      },
      draw: () => {
        this.bar.render();
      },
      end: () => {
        this.finish('broken off');
      },
    });
  }

  set(counters: Partial<Counters>): void {
    this.progress.set(counters, Date.now());
  }

  add(more: Partial<Counters>): void {
    this.progress.add(more, Date.now());
  }

  tick(): void {
    // The library draws by a timer of its own.
  }

  finish(result = 'done'): void {
    if (this.result !== null) return;
    this.result = result;
    this.screen.pin(null);
    this.bar.stop();
  }

  private frame(label: string, columns: number): string {
    const nowMs = Date.now();
    const now = this.progress.snapshot(nowMs);
    if (this.result === null) return barFrame(label, now, columns);
    const { result, before } = this;
    const texts = [this.progress.averageRate(nowMs), null].map((rate) => describeEnd(result, now, before, rate));
    const fraction = this.result === 'done' ? 1 : Math.min(0.99, now.fraction ?? 0);
    return lastFrame(label, fraction, texts, columns);
  }
}
