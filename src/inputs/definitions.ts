/**
 * The inputs that are built: the one table behind validation, the masking of secrets, action.yml (a test compares them) and
 * the README. An input of the interface that does nothing yet is not here: it would be accepted and ignored.
 */
import { compression } from './compression.js';
import { connectionUrl, SSL_MODES } from './connection-url.js';
import type { Fallback, InputDefinition, Parser } from './definition.js';
import { dumpOptions } from './dump-options.js';
import { rootCert } from './root-cert.js';
import { bucket, endpoint, prefix, s3Uri } from './s3-location.js';
import { boolean, choice, host, integer, invertedBoolean, key, line, name, options } from './scalars.js';
import { secret, sizeOrAuto, word } from './scalars.js';
import { MODES } from './settings.js';
import { directory } from './directory.js';
import type { Mode } from './settings.js';
import { skipEntries } from './skip-entries.js';
import { INDEX_STRATEGIES } from '../plan/index-strategy.js';
import type { SkipEntry } from '../plan/selection.js';
import type { VerifyLevel } from '../verify/verification.js';

const MB = 1024 * 1024;
const FROM_SOURCE: readonly Mode[] = ['backup', 'all'];
const INTO_TARGET: readonly Mode[] = ['restore', 'all'];

const CLIENTS = ['auto', 'path', 'container', 'image'] as const;
const RUNTIMES = ['auto', 'docker', 'podman'] as const;
const PG_OPTIONS = '-c statement_timeout=0 -c maintenance_work_mem=1GB -c max_parallel_maintenance_workers=1';

/** A container's id or name, an image's name: neither begins with a dash, as both become arguments. */
const CONTAINER = word('the id or name of a container', /^[A-Za-z0-9][\w.-]*$/);
const IMAGE = word('the name of an image', /^[A-Za-z0-9][\w./:@-]*$/);
const REGION = word('the name of a region', /^[A-Za-z0-9-]+$/);

type Details<T> = Partial<Pick<InputDefinition<T>, 'env' | 'modes' | 'secret' | 'parseEnv'>>;

function input<T>(
  inputName: string,
  parse: Parser<T>,
  fallback: Fallback<T>,
  details: Details<T> = {},
): InputDefinition<T> {
  return { name: inputName, env: [], modes: MODES, secret: false, parse, parseEnv: parse, fallback, ...details };
}

/** Nothing is a fine value, or one that depends on other inputs, as `text` tells. */
function none(text = ''): Fallback<null> {
  return { value: null, text };
}

/** A value that can be written down. */
function preset<T>(value: T, text = String(value)): Fallback<T> {
  return { value, text: `\`${text}\`` };
}

/** A boolean with a third word. */
const verify: Parser<VerifyLevel> = (text) =>
  choice<VerifyLevel>(['true', 'full', 'false'])('value' in boolean(text) ? text.toLowerCase() : text);

const source = (env: string, more: { secret?: boolean } = {}) => ({ env: [env], modes: FROM_SOURCE, ...more });
const target = (env: string, more: { secret?: boolean } = {}) => ({ env: [env], modes: INTO_TARGET, ...more });
const loading = { modes: INTO_TARGET };
const port = integer('port', 1, 65_535);
const pruning: { modes: readonly Mode[] } = { modes: ['prune'] };
const kept = integer('number to keep', 1, 100_000);

/** All inputs, by the names that the code has for them. */
export const INPUTS = {
  mode: input<Mode | null>('mode', choice(MODES), none('required')),
  database: input<string | null>('database', name, none('required'), { env: ['SRC_DBNAME'] }),
  backupName: input<string | null>(
    'backup-name',
    name,
    none('UTC `YYYYMMDD-HHMMSS` for a backup; restore and verify must have one'),
    { env: ['BACKUP_NAME'], modes: ['backup', 'restore', 'all', 'verify'] },
  ),

  sourceHost: input<string | null>('source-host', host, none('required unless `source-url`'), source('SRC_PGHOST')),
  sourcePort: input('source-port', port, preset(5432), source('SRC_PGPORT')),
  sourceUser: input<string | null>('source-user', line, none('required unless `source-url`'), source('SRC_PGUSER')),
  sourcePassword: input<string | null>('source-password', secret, none(), source('SRC_PGPASSWORD', { secret: true })),
  sourceUrl: input('source-url', connectionUrl, none(), source('SRC_URL', { secret: true })),
  sourceSslMode: input('source-sslmode', choice(SSL_MODES), none("libpq's"), source('PGSSLMODE')),
  targetHost: input<string | null>('target-host', host, none('required unless `target-url`'), target('DST_PGHOST')),
  targetPort: input('target-port', port, preset(5432), target('DST_PGPORT')),
  targetUser: input<string | null>('target-user', line, none('required unless `target-url`'), target('DST_PGUSER')),
  targetPassword: input<string | null>('target-password', secret, none(), target('DST_PGPASSWORD', { secret: true })),
  targetDatabase: input<string | null>('target-database', name, none('`database`'), target('DST_DBNAME')),
  targetUrl: input('target-url', connectionUrl, none(), target('DST_URL', { secret: true })),
  targetSslMode: input('target-sslmode', choice(SSL_MODES), none("libpq's"), target('PGSSLMODE')),
  sslRootCert: input<string | null>('ssl-root-cert', rootCert, none(), {
    env: ['PGSSLROOTCERT'],
    modes: ['backup', 'restore', 'all'],
  }),

  s3Bucket: input<string | null>('s3-bucket', bucket, none('required unless `s3-uri` or `local-directory`'), {
    env: ['S3_BUCKET'],
  }),
  s3Prefix: input('s3-prefix', prefix, { value: '', text: 'empty' }, { env: ['S3_PREFIX'] }),
  s3Uri: input('s3-uri', s3Uri, none(), { env: ['S3_URI'] }),
  s3Region: input('s3-region', REGION, preset('us-east-1'), { env: ['AWS_REGION', 'AWS_DEFAULT_REGION'] }),
  s3Endpoint: input('s3-endpoint', endpoint, none('AWS'), {
    env: ['S3_ENDPOINT_URL', 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'],
  }),
  s3ForcePathStyle: input<boolean | null>(
    's3-force-path-style',
    boolean,
    none('`false`; `true` when an endpoint is set'),
    { env: ['AWS_S3_FORCE_PATH_STYLE'] },
  ),
  s3VerifySsl: input('s3-verify-ssl', boolean, preset(true), { env: ['AWS_NO_VERIFY_SSL'], parseEnv: invertedBoolean }),
  awsAccessKeyId: input<string | null>('aws-access-key-id', key, none("the SDK's default chain"), {
    env: ['AWS_ACCESS_KEY_ID'],
    secret: true,
  }),
  awsSecretAccessKey: input<string | null>('aws-secret-access-key', key, none("the SDK's default chain"), {
    env: ['AWS_SECRET_ACCESS_KEY'],
    secret: true,
  }),
  awsSessionToken: input<string | null>('aws-session-token', key, none("the SDK's default chain"), {
    env: ['AWS_SESSION_TOKEN'],
    secret: true,
  }),
  // The limits of S3 for one part: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
  s3ChunkSize: input('s3-chunk-size', sizeOrAuto(5 * MB, 5 * 1024 * MB), preset<number | null>(null, 'auto'), {
    env: ['S3_CHUNK_SIZE'],
  }),
  s3MaxRetries: input('s3-max-retries', integer('number of retries', 0, 100), preset(3), { env: ['S3_MAX_RETRIES'] }),

  localDirectory: input<string | null>('local-directory', directory, none(), { env: ['LOCAL_DIRECTORY'] }),

  pgContainer: input<string | null>('pg-container', CONTAINER, none(), { env: ['PG_CONTAINER'] }),
  pgImage: input<string | null>('pg-image', IMAGE, none("`postgres:16`, or the server's major when it is newer"), {
    env: ['PG_BASE_IMG'],
  }),
  pgClient: input('pg-client', choice(CLIENTS), preset<(typeof CLIENTS)[number]>('auto'), { env: ['PG_CLIENT'] }),
  containerRuntime: input('container-runtime', choice(RUNTIMES), preset<(typeof RUNTIMES)[number]>('auto'), {
    env: ['CONTAINER_RUNTIME'],
  }),
  pgOptions: input('pg-options', options, preset(PG_OPTIONS), { env: ['PGOPTIONS'] }),

  dumpCompress: input('dump-compress', compression, preset('0'), { env: ['DUMP_COMPRESS'], modes: FROM_SOURCE }),
  dumpJobs: input('dump-jobs', integer('number of workers', 1, 64), preset(1), {
    env: ['DUMP_JOBS'],
    modes: FROM_SOURCE,
  }),
  dumpOptions: input<readonly string[]>('dump-options', dumpOptions, { value: [], text: '' }, { modes: FROM_SOURCE }),

  skipEntries: input<readonly SkipEntry[]>('skip-entries', skipEntries, { value: [], text: '' }, loading),
  keepTablespaces: input('keep-tablespaces', boolean, preset(false), loading),
  keepAccessMethods: input('keep-access-methods', boolean, preset(false), loading),
  keepSubscriptions: input('keep-subscriptions', boolean, preset(false), loading),
  restoreJobs: input('restore-jobs', integer('number of workers', 1, 64), preset(1), {
    env: ['RESTORE_JOBS'],
    modes: INTO_TARGET,
  }),
  indexStrategy: input('index-strategy', choice(INDEX_STRATEGIES), preset<(typeof INDEX_STRATEGIES)[number]>('empty'), {
    env: ['INDEX_STRATEGY'],
    modes: INTO_TARGET,
  }),
  analyze: input('analyze', boolean, preset(true), loading),
  verify: input('verify', verify, preset<VerifyLevel>('true'), loading),
  keepOwner: input('keep-owner', boolean, preset(false), loading),
  keepPrivileges: input('keep-privileges', boolean, preset(false), loading),
  confirm: input<string | null>('confirm', line, none(), loading),

  keepLast: input<number | null>('keep-last', kept, none(), pruning),
  keepDays: input<number | null>('keep-days', kept, none(), pruning),
  keepDaily: input<number | null>('keep-daily', kept, none(), pruning),
  keepWeekly: input<number | null>('keep-weekly', kept, none(), pruning),
  keepMonthly: input<number | null>('keep-monthly', kept, none(), pruning),
  dryRun: input('dry-run', boolean, preset(false), pruning),

  force: input('force', boolean, preset(false), { env: ['FORCE'], modes: FROM_SOURCE }),
  skipChecks: input('skip-checks', boolean, preset(false), { env: ['SKIP_CHECKS'] }),
  showProgress: input('show-progress', boolean, preset(true), { env: ['SHOW_PROGRESS'] }),
  quiet: input('quiet', boolean, preset(false), { env: ['QUIET'] }),
  debug: input('debug', boolean, preset(false), { env: ['DEBUG'] }),
};

/** In the order of the interface. */
export const ALL_INPUTS: readonly InputDefinition<unknown>[] = Object.values(INPUTS);
