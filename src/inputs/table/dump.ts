/** How a backup is made. */
import { compression } from '../compression.js';
import { dumpOptions } from '../dump-options.js';
import { empty, inputsOf, preset } from '../input-definition.js';
import { integerOrAuto } from '../scalars.js';
import { FROM_SOURCE } from '../settings.js';

const row = inputsOf('dump', { modes: FROM_SOURCE });

/** The rows of this group, by the names that the code has for them. */
export const DUMP_INPUTS = {
  dumpCompress: row(
    'dump-compress',
    'Compression of the archive: `0` to `9`, or `METHOD[:LEVEL]` of `none`, `gzip`, `lz4`, `zstd` (pg_dump 16 and newer).',
    compression,
    preset('0'),
    { env: ['DUMP_COMPRESS'] },
  ),
  dumpJobs: row<number | 'auto'>(
    'dump-jobs',
    'How many sessions read at a time, `1` to `64`; `auto` takes as many as the cores here and the connections left on the server allow. With `--inserts`, and into S3 with `lz4`, it is one.',
    integerOrAuto('number of readers', 1, 64),
    preset(1),
    { env: ['DUMP_JOBS'] },
  ),
  dumpOptions: row<readonly string[]>(
    'dump-options',
    'Further options of pg_dump, one a line (`--exclude-table-data=app.log`), from a list of those that are safe.',
    dumpOptions,
    empty([]),
    { kind: 'lines' },
  ),
};
