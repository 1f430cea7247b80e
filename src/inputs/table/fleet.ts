/** Which databases are meant where there are many, and what is expected of their backups. */
import { input, phrase } from '../../foundation/text.js';
import { databasePatterns, percent } from '../fleet-values.js';
import { empty, inputsOf, none } from '../input-definition.js';
import { duration, line } from '../scalars.js';
import { MODES_OF_FLEETS, MODES_OF_ONE_OR_MANY } from '../settings.js';

const row = inputsOf('fleet', { modes: MODES_OF_FLEETS });
const WITH_PATTERNS = [...MODES_OF_ONE_OR_MANY, ...MODES_OF_FLEETS];

/** The rows of this group, by the names that the code has for them. */
export const FLEET_INPUTS = {
  config: inputsOf('fleet')<string | null>(
    'config',
    'File with the rules of databases: how often each is backed up, how, and what is kept. What inputs and environment variables say comes before it.',
    line,
    none('`phaselift.yml`, if it is there, where many databases are meant'),
    { env: ['PHASELIFT_CONFIG'] },
  ),
  databases: row<readonly string[]>(
    'databases',
    phrase`Which databases are meant, one pattern a line (\`app_*\`), where many are; beside ${input('config')} only these of all that the rules are for.`,
    databasePatterns,
    empty([], 'all'),
    { kind: 'lines', modes: WITH_PATTERNS },
  ),
  excludeDatabases: row<readonly string[]>(
    'exclude-databases',
    phrase`Which of them are not, in the same way; whatever the rules.`,
    databasePatterns,
    empty([]),
    { kind: 'lines', modes: WITH_PATTERNS },
  ),
  maxAge: row<number | null>(
    'max-age',
    'How old the newest backup of a database may be (`26h`) before it counts as late.',
    duration(60_000, 366),
    none('two hours after it was due'),
  ),
  maxShrink: row<number | null>(
    'max-shrink',
    'How many of its rows a database may have lost from one backup to the next (`50%`): with more gone, the backup may be of an emptied database.',
    percent,
    none(),
  ),
};
