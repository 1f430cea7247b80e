/** Which options a page of the help has: by what the inputs' table says of them, so that none is forgotten. */
import type { InputDefinition, InputGroup } from '../inputs/input-definition.js';
import { ALL_INPUTS, INPUTS } from '../inputs/input-table.js';
import { MODES, type Mode } from '../inputs/settings.js';

type Input = InputDefinition<unknown>;

/** A page of `--help`. */
export interface Topic {
  name: string;
  /** For the list of topics. */
  about: string;
  /** How a command line of it looks, and what is good to know: lines of at most 80 characters. */
  lines: readonly string[];
  inputs: readonly Input[];
}

/** For every mode, on the first page. */
export const GENERAL: readonly Input[] = ofGroup('run');

/** Of a mode itself, and not of its connections, its tools or the place of the backups. */
const OF_MODES: ReadonlySet<InputGroup> = new Set<InputGroup>(['subject', 'dump', 'load', 'prune']);

function ofMode(mode: Mode): Input[] {
  return ALL_INPUTS.filter((input) => input.modes.includes(mode) && OF_MODES.has(input.group) && input !== INPUTS.mode);
}

/** Databases are named by patterns there. */
const OF_FLEETS: readonly Input[] = [INPUTS.config, INPUTS.databases, INPUTS.excludeDatabases];

function ofGroup(group: InputGroup): Input[] {
  return ALL_INPUTS.filter((input) => input.group === group);
}

const S3 = '--s3-bucket my-backups';

/** How a restore works, and not what it restores: a page of its own. */
const LOADING: readonly Input[] = [
  INPUTS.restoreJobs,
  INPUTS.sliceSize,
  INPUTS.indexStrategy,
  INPUTS.validateForeignKeys,
  INPUTS.tempBudget,
  INPUTS.indexOverrides,
  INPUTS.retryMinutes,
  INPUTS.timeLimit,
  INPUTS.analyze,
  INPUTS.recordProof,
];

/** What belongs to roles, and what the database itself is like. */
const OWNERS: readonly Input[] = [INPUTS.keepOwner, INPUTS.keepPrivileges, INPUTS.keepDatabaseSettings, INPUTS.roleMap];

/** How backups lie in a bucket. */
const AT_REST: readonly Input[] = [
  INPUTS.s3Sse,
  INPUTS.s3SseKmsKeyId,
  INPUTS.s3StorageClass,
  INPUTS.s3Tags,
  INPUTS.s3ExpectedBucketOwner,
  INPUTS.encryptTo,
  INPUTS.decryptWith,
];

/** Every input is on one of them, at least. */
export const TOPICS: readonly Topic[] = [
  {
    name: 'backup',
    about: 'back one database up',
    lines: ['phaselift --backup --database app --source-host db1 --source-user me \\', `          ${S3}`],
    inputs: ofMode('backup'),
  },
  {
    name: 'restore',
    about: 'restore a backup, or go on with a restore that was cut off',
    lines: [
      'phaselift --restore --database app --backup-name latest \\',
      `          --target-host db2 --target-user me ${S3}`,
      '',
      'How rows and indexes are loaded, and by how many workers: --help loading.',
      'Owners, GRANTs and settings of the database: --help owners.',
    ],
    inputs: ofMode('restore').filter((input) => ![...LOADING, ...OWNERS].includes(input)),
  },
  {
    name: 'loading',
    about: 'how a restore loads rows and indexes',
    lines: ['phaselift --restore … --restore-jobs 4 --index-strategy empty-keys-last'],
    inputs: LOADING,
  },
  {
    name: 'owners',
    about: 'owners, GRANTs, roles, and settings of the database',
    lines: ["phaselift --restore … --keep-owner --role-map 'app_owner=app'"],
    inputs: OWNERS,
  },
  {
    name: 'all',
    about: 'a backup, then the restore of that very backup',
    lines: [
      'phaselift --all --database app --source-host db1 --source-user me \\',
      `          --target-host db2 --target-user me ${S3}`,
      '',
      'Takes the options of --backup and of --restore: --help backup, --help restore.',
      'The backup stays. Where the target holds an unfinished restore, that one is',
      'brought to its end instead, without a new backup.',
    ],
    inputs: [INPUTS.database, INPUTS.backupName, INPUTS.targetDatabase, INPUTS.dryRun, INPUTS.confirm],
  },
  {
    name: 'list',
    about: 'show all backups of a database',
    lines: [
      `phaselift --list --database app ${S3}`,
      `phaselift --list ${S3}`,
      '',
      'The table is on stdout; --json gives all there is to know.',
    ],
    inputs: ofMode('list'),
  },
  {
    name: 'show',
    about: 'show what is in a backup: tables, rows, sizes',
    lines: [
      `phaselift --show --database app --backup-name latest ${S3}`,
      '',
      'The table is on stdout; --json gives all there is to know.',
    ],
    inputs: ofMode('show'),
  },
  {
    name: 'verify',
    about: 'read a backup whole and check it; no database needed',
    lines: [
      `phaselift --verify --database app --backup-name latest ${S3}`,
      '',
      '--verify is the mode unless it stands beside --restore or --all: there',
      '--verify true|full|false says how the restored database is compared.',
    ],
    inputs: ofMode('verify'),
  },
  {
    name: 'prune',
    about: 'remove old backups by rules',
    lines: [
      `phaselift --prune --database app --keep-daily 7 --keep-weekly 5 \\`,
      `          ${S3} --dry-run`,
      'phaselift --prune --config phaselift.yml',
    ],
    inputs: ofMode('prune'),
  },
  {
    name: 'databases',
    about: 'show what a server has, and what is to be backed up',
    lines: [
      'phaselift --databases --source-host db1 --source-user me \\',
      `          ${S3}`,
      '',
      'Rules in phaselift.yml, or in the file that --config names, say how often.',
      '--databases with a value says which databases are meant: --help status.',
    ],
    inputs: OF_FLEETS,
  },
  {
    name: 'status',
    about: 'show whether the backups of all databases are well',
    lines: [`phaselift --status ${S3} --max-age 26h`, '', 'The exit code is 1 when one of them is not.'],
    inputs: [...OF_FLEETS, INPUTS.maxAge, INPUTS.maxShrink],
  },
  {
    name: 'roles',
    about: 'show the roles of a server as SQL, without passwords',
    lines: [
      'phaselift --roles --source-host db1 --source-user me > roles.sql',
      '',
      'All of stdout is SQL: psql -f roles.sql makes them on another server.',
    ],
    inputs: ofMode('roles'),
  },
  {
    name: 's3',
    about: 'the bucket, other services than AWS, keys',
    lines: [`phaselift --list --database app ${S3} \\`, '          --s3-endpoint http://minio:9000'],
    inputs: ofGroup('s3').filter((input) => !AT_REST.includes(input)),
  },
  {
    name: 'at-rest',
    about: 'encryption, storage class and tags of backups',
    lines: ['phaselift --backup --database app … --encrypt-to age1…'],
    inputs: AT_REST,
  },
  {
    name: 'connection',
    about: 'source and target servers, passwords, TLS',
    lines: ['SRC_PGPASSWORD=… phaselift --backup --source-host db1 --source-user me …'],
    inputs: ofGroup('connection'),
  },
  {
    name: 'tools',
    about: 'where pg_dump, pg_restore and psql run',
    lines: ['phaselift --backup … --pg-client image --pg-image postgres:17'],
    inputs: ofGroup('tools'),
  },
  {
    name: 'directory',
    about: 'backups in a local directory instead of S3',
    lines: ['phaselift --backup --database app … --local-directory /backups --dump-jobs 4'],
    inputs: [...ofGroup('directory'), INPUTS.dumpJobs],
  },
];

/** The pages of the modes. */
export const MODE_TOPICS: readonly Topic[] = TOPICS.filter(({ name }) => MODES.some((mode) => mode === name));
