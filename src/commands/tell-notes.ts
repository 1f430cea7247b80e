import type { Text } from '../foundation/text.js';
import type { CommandContext } from './context.js';

/** Says something in the log and in the job summary. */
export function tellNotes(notes: readonly Text[], { log, recorder }: Pick<CommandContext, 'log' | 'recorder'>): void {
  for (const note of notes) {
    log.info(note);
    recorder.note(String(note));
  }
}
