import type { OutputName } from '../src/report/outputs.js';

/** What each output is, in Markdown, for action.yml, the README and the reusable workflows. */
export const OUTPUT_DESCRIPTIONS: Readonly<Record<OutputName, string>> = {
  'backup-uri': 'URI of the archive: `s3://bucket/prefix/database/name.dump`.',
  'backup-name': 'Name of the backup that was made or restored.',
  'manifest-uri': 'URI of the manifest beside the archive.',
  'size-bytes': 'Size of the archive in bytes.',
  'table-count': 'Number of tables with data in the archive.',
  'row-count': 'Number of rows in the archive; empty where they cannot be counted (lz4, `--inserts`).',
  'duration-seconds': 'How long the run took.',
  phases: 'JSON, a list with `name`, `status`, `seconds`, `units`, `bytes` and `rows` of each phase.',
  resumed: '`true` when an earlier restore was continued.',
  finished: '`false` when `time-limit` ended a restore before it was done, `true` when it is done.',
  contents:
    'JSON, what `show` found in a backup: `schemas`, `tables` (largest first: `schema`, `name`, `rows`, `sizeBytes` of the archive, `sourceBytes` on disk, `indexes` with `name` and `sourceBytes`), `others` (how many of each kind), `roles` that it names (`name`, and how many entries name it as what) and `leftOut` (tables that do not fit).',
  matrix:
    'JSON for the matrix of a strategy, what `databases` found to be due, most urgent first, 256 at most: `{"include": […]}` with `database`, `due`, `sizeBytes`, `newestBackup` and `ageSeconds`.',
  'due-count': 'How many databases are due, those included that the matrix has no room for.',
  status:
    'JSON, what `status` found, a list, worst first: `database`, `state` (`ok`, `late`, `missing`, `shrunk` or `broken`), `reason`, `newestBackup`, `takenAt`, `ageSeconds`, `sizeBytes`, `sizeBefore`, `rows`, `rowsBefore`, `shrunkTables` (`table`, `rows`, `rowsBefore`; with `max-shrink`), `leftovers` (how many), `provenAt` and `triedAt` (when a restore with `record-proof` began that has left no proof since).',
  roles:
    'JSON, what `roles` found, a list: `name`, `attributes` (as `CREATE ROLE` has them, those that hold) and `memberOf` (names of roles); the first ones that fit.',
  drill:
    'JSON, what `status` found to be restored on trial next: `{"database", "backupName"}`, of the databases with a backup the one that was never tried, or whose last trial is the oldest, whether it left a proof or not; where a rule has `drill-every`, only of those whose time has come. Empty where there is none.',
  plan: 'JSON, what a dry run of `backup`, `restore` or `all` would do: `mode`; `backup` (`name`, `uri`, `replaces`, `tables`, `sourceBytes`, `estimatedBytes` before compression, `storedBytes`, `partBytes`, `parts`, `readers`, `readersReason`, `estimatedSeconds`, `estimatedBy`); `restore` (`backup`, `target`, `creates`, `resumes`, `indexStrategy`, `phases` with `phase`, `units`, `unitsFinished`, `bytes`, `seconds`, then `estimatedBytes`, `estimatedSeconds`, `estimatedBy`); `estimatedSeconds` of all; `indexes` (`name`, `table`, `choice`, `reason`, `sizeBytes`, `tempBytes`); `units` still to do (`id`, `phase`, `title`, `bytes`); `reasons`, `leftOut`, `notChecked`; and `indexesLeftOut` and `unitsLeftOut` (how many do not fit). What nobody knows is null.',
  backups:
    'JSON, a list of the backups that `list` found or `prune` has left, newest first: `database` (of several), `name`, `takenAt`, `finishedAt`, `sizeBytes`, `rows`, `tables`, `serverVersion`, `dumpVersion`, `phaseliftVersion`, `state` (`complete`, or why not), `lastModified` and `provenAt` (when a restore of it was verified last, where it has left a proof); the newest that fit.',
};
