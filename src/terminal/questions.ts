import { emitKeypressEvents, type Key } from 'node:readline';
import confirm from '@inquirer/confirm';
import type { Consent } from '../foundation/consent.js';
import { PhaseliftError } from '../foundation/errors.js';
import type { Mode, Settings } from '../inputs/settings.js';
import type { Screen } from './screen.js';
import { usageError } from './wording.js';

/** Who is asked, and what an answer may do. */
export interface QuestionOptions {
  screen: Screen;
  /** `force`: nobody is asked. */
  force: boolean;
  /** Somebody can be asked: stdin and stderr are a terminal. */
  canAsk: boolean;
  signal: AbortSignal;
  /** Ends the run as Ctrl-C does. */
  cancel: () => void;
}

/** Modes that change what is there, with what they do. */
const CHANGING: Partial<Record<Mode, string>> = {
  restore: 'loads a database',
  all: 'loads a database',
  prune: 'removes backups',
};

/**
 * Refuses at once, before anything connects, what would have to be asked where there is nobody to ask.
 * Throws INPUT.
 */
export function refuseUnattended(settings: Settings, { force, canAsk }: { force: boolean; canAsk: boolean }): void {
  const effect = CHANGING[settings.mode];
  const shows = 'dryRun' in settings && settings.dryRun;
  if (effect === undefined || shows || force || canAsk) return;
  throw usageError(
    `\`--${settings.mode}\` ${effect}, and there is no terminal to ask on whether that is meant`,
    'Add `--force` (or set FORCE=true) to do it without a question.',
  );
}

/** Asks on the terminal; the answer is no until somebody says yes. */
export class Questions implements Consent {
  constructor(private readonly options: QuestionOptions) {}

  async overwrite(question: string): Promise<boolean> {
    // Without a terminal the backup is refused as in a workflow: with the advice to add `--force`.
    if (!this.options.canAsk) return false;
    await this.mustAgree(question);
    return true;
  }

  async begin(question: string): Promise<void> {
    if (this.options.force) return;
    if (!this.options.canAsk) throw usageError(`${question} There is no terminal to ask on`, 'Add `--force`.');
    await this.mustAgree(question);
  }

  private async mustAgree(question: string): Promise<void> {
    if (await this.ask(question)) return;
    throw new PhaseliftError('DECLINED', 'the question was answered no: nothing was changed', {
      hint: 'Run it again and answer yes, or add `--force` to be asked nothing.',
    });
  }

  private async ask(question: string): Promise<boolean> {
    const { screen, signal, cancel } = this.options;
    const end = new AbortController();
    const { stdin } = process;
    // The library waits forever for an answer of a terminal that is gone (Ctrl-D, or closed).
    const leave = (): void => {
      end.abort();
    };
    const onKey = (_text: string | undefined, key: Key): void => {
      if (key.ctrl === true && key.name === 'd') leave();
    };
    emitKeypressEvents(stdin);
    stdin.on('keypress', onKey).once('end', leave).once('close', leave);
    try {
      return await confirm(
        { message: screen.safe(question), default: false },
        { input: stdin, output: process.stderr, signal: AbortSignal.any([signal, end.signal]) },
      );
    } catch (error) {
      if (end.signal.aborted && !signal.aborted) return false;
      if (!signal.aborted) cancel();
      throw new PhaseliftError('CANCELLED', 'the run was cancelled', { cause: error });
    } finally {
      stdin.off('keypress', onKey).off('end', leave).off('close', leave);
    }
  }
}
