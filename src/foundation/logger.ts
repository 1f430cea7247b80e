import type { Text } from './text.js';

/** Where lines for people go. Implementations make every line safe: no line from outside can start a `::command`. */
export interface Logger {
  info(text: Text): void;
  /** Shown only with `debug`. */
  debug(text: string): void;
  /** Also an annotation; bounded. */
  warning(text: Text, title?: string): void;
  /** Starts a collapsible group; ends the one before. */
  group(title: string): void;
  endGroup(): void;
  /** From now on nobody sees this text, in no line and no result. */
  hide(secret: string): void;
}
