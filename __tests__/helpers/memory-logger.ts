import type { Logger } from '../../src/foundation/logger.js';
import type { Text } from '../../src/foundation/text.js';

/** A line as it was given, with the method that it was given to. */
export interface LoggedLine {
  kind: 'info' | 'debug' | 'warning' | 'group' | 'endGroup';
  text: string;
}

/** Keeps every line as it was given: what tests hand in where nobody reads along. */
export class MemoryLogger implements Logger {
  readonly lines: LoggedLine[] = [];
  readonly hidden: string[] = [];

  info(text: Text): void {
    this.lines.push({ kind: 'info', text: String(text) });
  }

  debug(text: string): void {
    this.lines.push({ kind: 'debug', text });
  }

  warning(text: Text, title?: string): void {
    this.lines.push({ kind: 'warning', text: title === undefined ? String(text) : `${title}: ${String(text)}` });
  }

  group(title: string): void {
    this.lines.push({ kind: 'group', text: title });
  }

  endGroup(): void {
    this.lines.push({ kind: 'endGroup', text: '' });
  }

  hide(secret: string): void {
    this.hidden.push(secret);
  }

  /** The texts of one kind, in order. */
  texts(kind: LoggedLine['kind']): string[] {
    return this.lines.filter((line) => line.kind === kind).map((line) => line.text);
  }
}

/** Swallows everything. */
export class NullLogger implements Logger {
  info(): void {
    // nothing to say
  }
  debug(): void {
    // nothing to say
  }
  warning(): void {
    // nothing to say
  }
  group(): void {
    // nothing to say
  }
  endGroup(): void {
    // nothing to say
  }
  hide(): void {
    // nothing is said
  }
}
