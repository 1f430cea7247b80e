/**
 * What each input is for, by its name. Made of action.yml by scripts/generate-descriptions.ts: change it there.
 */
export const DESCRIPTIONS: Readonly<Record<string, string>> = {
  mode: 'What to do: `backup`, `restore`, `all` (a backup, then the restore of it), `list`, `verify` (read a backup whole and compare it) or `prune` (remove old ones).',
  database: 'The database to back up; for a restore, the one that the backup was taken of.',
  'backup-name':
    'Name of the backup; for restore and verify also `latest`, the newest complete one by the time it was taken.',
  'source-host': 'Host of the server to back up from.',
  'source-port': 'Its port.',
  'source-user': 'User to log in as at the source.',
  'source-password': 'Password of that user.',
  'source-url':
    'Connection URL, `postgres://user:password@host:port/database`, instead of the four above; parameters of libpq (`?sslmode=require&channel_binding=require`) are passed on.',
  'source-sslmode':
    'TLS to the source: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq.',
  'target-host': 'Host of the server to restore to.',
  'target-port': 'Its port.',
  'target-user': 'User to log in as at the target.',
  'target-password': 'Password of that user.',
  'target-database': 'Database to restore into; created if it is missing and the user may.',
  'target-url':
    'Connection URL, `postgres://user:password@host:port/database`, instead of the inputs above; parameters of libpq are passed on.',
  'target-sslmode':
    'TLS to the target: `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`, as libpq.',
  'ssl-root-cert': 'Certificates of the authority that servers are checked against: a path, PEM text, or `system`.',
  's3-bucket': 'Bucket of the backups.',
  's3-prefix': 'What their keys begin with.',
  's3-uri': 'One exact object, `s3://bucket/key.dump`, instead of bucket, prefix and name.',
  's3-region': 'Region of the bucket.',
  's3-endpoint': 'URL of another service that speaks S3: MinIO, Ceph, R2, Spaces.',
  's3-force-path-style': 'Bucket in the path of the URL instead of its host.',
  's3-verify-ssl': 'Check the certificate of the endpoint; `false` warns.',
  'aws-access-key-id': 'Access key of S3.',
  'aws-secret-access-key': 'Its secret.',
  'aws-session-token': 'Its session token, for temporary credentials.',
  's3-chunk-size': 'Size of the parts of an upload, `5MB` to `5GB`; `auto` goes by the estimated size of the archive.',
  's3-max-retries': 'How often a request to S3 is tried again, `0` to `100`.',
  'local-directory': "Keep backups in this directory instead of S3, in pg_dump's directory format.",
  'pg-container':
    'Id or name of a running container to run the PostgreSQL tools in: `job.services.postgres.id` of a job with that service.',
  'pg-image': 'Image to run the PostgreSQL tools from, where there are none.',
  'pg-client': 'Where the PostgreSQL tools run: `auto`, `path`, `container` or `image`.',
  'container-runtime': 'What runs containers: `auto`, `docker` or `podman`.',
  'pg-options':
    'Server settings of each session, as in PGOPTIONS of libpq. Timeouts and search_path do not count: Phaselift sets its own.',
  'dump-compress':
    'Compression of the archive: `0` to `9`, or `METHOD[:LEVEL]` of `none`, `gzip`, `lz4`, `zstd` (pg_dump 16 and newer).',
  'dump-jobs': 'Parallel workers of pg_dump, `1` to `64`; more than one only with `local-directory`.',
  'dump-options':
    'Further options of pg_dump, one a line (`--exclude-table-data=app.log`), from a list of those that are safe.',
  'skip-entries': 'What not to restore, one a line, a kind or a kind and a name: `EVENT TRIGGER`, `INDEX app.big_idx`.',
  'keep-tablespaces': 'Restore tablespaces as dumped.',
  'keep-access-methods': 'Restore table access methods as dumped.',
  'keep-subscriptions': 'Restore subscriptions as dumped.',
  'restore-jobs': 'Parallel workers of the data and constraints phases, `1` to `64`.',
  'index-strategy':
    'Which indexes are created before the data: `empty` (all), `empty-keys-last` (all but keys) or `after-data` (none).',
  analyze: 'Run ANALYZE after the last phase.',
  verify:
    'Compare the target with the manifest: `true` (loaded rows, indexes, constraints, sequences, counts of objects), `full` (also counts the rows of every table), `false`.',
  'keep-owner': 'Restore owners as dumped.',
  'keep-privileges': 'Restore GRANTs as dumped.',
  confirm: "When given, must equal the target database's name: for restores started by hand.",
  'keep-last': 'Prune: keep so many of the newest backups.',
  'keep-days': 'Prune: keep all backups of so many days.',
  'keep-daily': 'Prune: keep the newest backup of each of so many days.',
  'keep-weekly': 'Prune: keep the newest backup of each of so many weeks.',
  'keep-monthly': 'Prune: keep the newest backup of each of so many months.',
  'dry-run': 'Prune: show what would be removed, and remove nothing.',
  force: 'Overwrite a backup of the same name.',
  'skip-checks': 'Skip the checks before any work.',
  'show-progress': 'Show lines of progress.',
  quiet: 'Show warnings and errors only.',
  debug: 'Show more of what is done, and why.',
};
