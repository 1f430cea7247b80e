/** `phaselift.yml`, which people write. */
import { isDeepStrictEqual } from 'node:util';
import { ruleFor } from '../../../src/fleet/config.js';
import { isDue } from '../../../src/fleet/health.js';
import { readConfig } from '../../../src/inputs/config/read-config.js';
import { finding, type FuzzTarget } from '../fuzz-target.js';
import { expectUnpolluted, outcomeOf } from '../outcome.js';

const PATH = 'phaselift.yml';
/** The longest that PostgreSQL has, and what `*` and `?` may take otherwise than one expects. */
const DATABASES = ['app_1', 'a'.repeat(63), 'ab'.repeat(31), '🚀'.repeat(15), '*', 'x\ny'];
const NOW = new Date('2026-11-27T12:00:00Z');

export const config: FuzzTarget = {
  tokens: [
    ...[
      'databases:\n',
      'defaults:\n',
      '  - match: ',
      'exclude: ',
      'every: ',
      'timezone: ',
      'drill-every: ',
      'keep-daily: ',
    ],
    ...[
      'max-shrink: 50%',
      'max-age: 8h',
      'dump-jobs: auto',
      'dump-options:\n    - --exclude-table=a.b\n',
      's3-bucket: ',
      's3-endpoint: ',
    ],
    ...[
      's3-chunk-size: 64MB',
      'local-directory: ',
      'pg-options: ',
      "'17 3 * * *'",
      '5h30m',
      'Europe/Berlin',
      "'app_*'",
      '[a, b]',
      '*a*a*a*a',
    ],
    ...[
      '&anchor ',
      '*anchor',
      '<<: ',
      '!!binary ',
      '!!set ',
      '? ',
      '|\n  ',
      '>-\n  ',
      '{ match: a }',
      '---\n',
      '%YAML 1.2\n',
      '# ',
      '\t',
    ],
    ...['__proto__: ', 'constructor: ', '.inf', '0x10', 'null', '~', '2026-01-01', '\ufeff'],
  ],
  run,
};

function run(bytes: Buffer): void {
  const text = bytes.toString();
  const read = outcomeOf(['INPUT'], () => readConfig(PATH, text));
  expectUnpolluted();
  if ('refusal' in read) {
    if (!read.refusal.includes(PATH)) finding(`a refusal that names no file: ${read.refusal}`);
    return;
  }
  if (!isDeepStrictEqual(readConfig(PATH, text), read.value)) finding('rules that are read again as others');
  const lastLine = text.split(/\r\n?|\n/).length;
  for (const rule of read.value.rules) {
    const texts = [...rule.inputs.values()];
    if ([rule, ...texts].some(({ line, column }) => !(line >= 1 && line <= lastLine && column >= 1)))
      finding('a place outside of the file');
    if (rule.match.length === 0) finding('a rule that matches nothing');
    isDue(rule.every, { name: 'one', takenAt: new Date(0), sizeBytes: null, rows: null }, NOW);
  }
  for (const database of DATABASES) ruleFor(read.value, database);
}
