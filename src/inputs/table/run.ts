/** What a run asks and checks, and how much it says. */
import { inputsOf, preset } from '../input-definition.js';
import { boolean } from '../scalars.js';
import { FROM_SOURCE } from '../settings.js';

const row = inputsOf('run');

/** The rows of this group, by the names that the code has for them. */
export const RUN_INPUTS = {
  force: row('force', 'Overwrite a backup of the same name.', boolean, preset(false), {
    env: ['FORCE'],
    modes: FROM_SOURCE,
  }),
  skipChecks: row('skip-checks', 'Skip the checks before any work.', boolean, preset(false), {
    env: ['SKIP_CHECKS'],
  }),
  showProgress: row('show-progress', 'Show lines of progress.', boolean, preset(true), { env: ['SHOW_PROGRESS'] }),
  quiet: row('quiet', 'Show warnings and errors only.', boolean, preset(false), { env: ['QUIET'] }),
  debug: row('debug', 'Show more of what is done, and why.', boolean, preset(false), { env: ['DEBUG'] }),
  summary: row('summary', 'Write a job summary, in a workflow.', boolean, preset(true)),
};
