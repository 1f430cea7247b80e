import * as actionsCore from '@actions/core';
import type { Logger } from '../foundation/logger.js';
import { inWorkflow, shown, type Text } from '../foundation/text.js';
import { safeLine, truncate } from './escape.js';

/** A step shows ten annotations of a kind; further ones are dropped by GitHub without a word. */
const ANNOTATIONS_SHOWN = 10;
/** One of them says how many more there were; among the errors, another is the one that fails the step. */
const WARNINGS_SHOWN = ANNOTATIONS_SHOWN - 1;
const ERRORS_SHOWN = ANNOTATIONS_SHOWN - 2;
/** Longest line, in characters: enough for a statement, not for a data block. */
const LINE_LIMIT = 8000;

/** What is used of @actions/core. */
export type CoreOutput = Pick<
  typeof actionsCore,
  'info' | 'debug' | 'isDebug' | 'warning' | 'error' | 'startGroup' | 'endGroup' | 'setSecret'
>;

/** How much of a run a step's log shows. */
export interface ActionLoggerSettings {
  /** Hides info lines and groups, but no warnings and errors. */
  quiet: boolean;
  /** Shows debug lines although the runner's own debugging is off. */
  debug: boolean;
}

/** The log of a workflow step. */
export interface ActionLogger extends Logger {
  /** An error that does not end the run by itself; also an annotation; bounded. */
  error(text: string, title?: string): void;
  /** Ends the open group and says how many annotations found no room. Call once, at the end. */
  close(): void;
}

/** Logs to the runner. Every line is made safe; `core` is handed in by tests only. */
export function createActionLogger(settings: ActionLoggerSettings, core: CoreOutput = actionsCore): ActionLogger {
  let groupOpen = false;
  const count = { warning: 0, error: 0 };

  const line = (text: Text): string => truncate(safeLine(shown(text, inWorkflow)), LINE_LIMIT);
  const endGroup = (): void => {
    if (groupOpen) core.endGroup();
    groupOpen = false;
  };
  const annotate = (kind: 'warning' | 'error', limit: number, given: Text, title?: string): void => {
    const text = shown(given, inWorkflow);
    count[kind]++;
    if (count[kind] > limit) core.info(line(`${kind}: ${title === undefined ? '' : `${title}: `}${text}`));
    else core[kind](line(text), title === undefined ? {} : { title: line(title) });
  };
  const sayHowManyMore = (kind: 'warning' | 'error', limit: number): void => {
    const more = count[kind] - limit;
    if (more > 0) core[kind](`${more} more ${kind}${more === 1 ? '' : 's'}: see the log of this step`);
  };

  return {
    info(text) {
      if (!settings.quiet) core.info(line(text));
    },
    debug(text) {
      // The runner prints ::debug:: lines only when its own debugging is on.
      if (core.isDebug()) core.debug(line(text));
      else if (settings.debug) core.info(line(`debug: ${text}`));
    },
    warning(text, title) {
      annotate('warning', WARNINGS_SHOWN, text, title);
    },
    error(text, title) {
      annotate('error', ERRORS_SHOWN, text, title);
    },
    group(title) {
      endGroup();
      if (settings.quiet) return;
      core.startGroup(line(title));
      groupOpen = true;
    },
    endGroup,
    hide(secret) {
      core.setSecret(secret);
    },
    close() {
      endGroup();
      sayHowManyMore('warning', WARNINGS_SHOWN);
      sayHowManyMore('error', ERRORS_SHOWN);
    },
  };
}
