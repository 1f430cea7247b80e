import type { Logger } from '../foundation/logger.js';
import { shown, type Text, type Wording } from '../foundation/text.js';
import { maskerOf } from './masker.js';
import type { Screen } from './screen.js';
import { asOption } from './wording.js';

/** How much of a run the terminal shows. */
export interface TerminalLoggerSettings {
  /** Hides info lines and headings, but no warnings, and no results. */
  quiet: boolean;
  debug: boolean;
  /** The info lines are what was asked for: they go to stdout, also when quiet. For a listing. */
  infoIsResult: boolean;
}

/** The log of a run in a terminal or a file: headings in place of groups, words in place of annotations. */
export class TerminalLogger implements Logger {
  constructor(
    private readonly screen: Screen,
    private readonly settings: TerminalLoggerSettings,
    private readonly wording: Wording = asOption,
  ) {}

  info(given: Text): void {
    const text = shown(given, this.wording);
    if (this.settings.infoIsResult) this.screen.result(text);
    else if (!this.settings.quiet) this.screen.log(text);
  }

  debug(text: string): void {
    if (this.settings.debug) this.screen.log(`debug: ${text}`, 'dim');
  }

  warning(text: Text, title?: string): void {
    this.screen.log(`warning: ${title === undefined ? '' : `${title}: `}${shown(text, this.wording)}`, 'yellow');
  }

  group(title: string): void {
    if (!this.settings.quiet) this.screen.log(`== ${title}`, 'bold');
  }

  endGroup(): void {
    // The next heading says that it is over.
  }

  hide(secret: string): void {
    this.screen.hideToo(maskerOf([secret]));
  }
}
