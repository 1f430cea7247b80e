/** From inputs and environment to one typed settings object, with all faults at once. */
import { input, phrase } from '../foundation/text.js';
import type { StoreSettings } from '../store/create-store.js';
import { ARCHIVE_SUFFIX, LATEST } from '../store/names.js';
import { DATABASE, readSource, readTarget } from './connections.js';
import { firstStore, isAboutMany, readFleet } from './fleet-settings.js';
import type { GivenInputs } from './given-inputs.js';
import type { InputDefinition } from './input-definition.js';
import { ALL_INPUTS, INPUTS } from './input-table.js';
import { checkKeepRules, requireKeepRules } from './keep-rules.js';
import { quoted } from './parser.js';
import { InputReader } from './reader.js';
import { listed } from './scalars.js';
import type { CommonSettings, DumpSettings, FleetSettings, LoadSettings, Settings } from './settings.js';
import { MODES, WITH_DRY_RUN, type Mode } from './settings.js';
import { exactKeyOf, readStore } from './store-settings.js';

/**
 * Reads and checks everything a mode needs. An input comes first, then its environment variables, then the default.
 *
 * PEM text of `ssl-root-cert` stands as text in the connections until `materializeRootCert` has put it into a file.
 *
 * @throws PhaseliftError INPUT: every fault in a line of its own
 */
export function readSettings(given: GivenInputs): Settings {
  const reader = new InputReader(given);
  const settings = settingsOfMode(reader);
  // Without a mode nobody knows which variables of the environment are meant for this run, so all of them are checked.
  reader.readRest(ALL_INPUTS, settings === null);
  reader.throwIfFaulty();
  if (settings === null) throw new Error('a mode that is not known was not reported');
  return settings;
}

function settingsOfMode(reader: InputReader): Settings | null {
  const { value: mode, origin } = reader.read(INPUTS.mode);
  if (origin.from === 'default') reader.missing(INPUTS.mode, listed(MODES));
  refuseDryRun(reader, mode);
  // The file itself is read before this.
  reader.value(INPUTS.config);
  switch (mode) {
    case null:
      return null;
    case 'backup': {
      const dump = readDump(reader);
      const common = readCommon(reader, dump.source.database);
      return { mode, backupName: nameOfNewBackup(reader, common.store), ...common, ...dump };
    }
    case 'restore': {
      const database = requireDatabase(reader, 'that the backup was taken of');
      const common = readCommon(reader, database);
      return { mode, backupName: nameOfBackup(reader, common.store), ...common, ...readLoad(reader, database) };
    }
    case 'all': {
      const dump = readDump(reader);
      const common = readCommon(reader, dump.source.database);
      const load = readLoad(reader, dump.source.database);
      checkDistinct(reader, dump, load);
      return { mode, backupName: nameOfNewBackup(reader, common.store), ...common, ...dump, ...load };
    }
    case 'list':
      if (isAboutMany(reader)) return { mode, ...readMany(reader) };
      return { mode, fleet: null, ...readCommon(reader, requireDatabase(reader, 'whose backups are listed')) };
    case 'show': {
      const common = readCommon(reader, requireDatabase(reader, 'that the backup was taken of'));
      return { mode, backupName: nameOfBackup(reader, common.store), ...common };
    }
    case 'verify': {
      if (isAboutMany(reader)) {
        return { mode, backupName: reader.value(INPUTS.backupName) ?? LATEST, ...readMany(reader) };
      }
      const common = readCommon(reader, requireDatabase(reader, 'that the backup was taken of'));
      return { mode, backupName: nameOfBackup(reader, common.store), fleet: null, ...common };
    }
    case 'prune': {
      if (isAboutMany(reader)) {
        const many = readMany(reader);
        checkKeepRules(reader, many.fleet);
        return { mode, dryRun: reader.value(INPUTS.dryRun), ...many };
      }
      const common = readCommon(reader, requireDatabase(reader, 'whose backups are pruned'));
      if (exactKeyOf(common.store) !== null) {
        reader.wrong(
          INPUTS.s3Uri,
          phrase`it names one object, and a prune looks at all backups of a database: use ${input('s3-bucket')} and ${input('s3-prefix')}`,
        );
      }
      return { mode, fleet: null, keep: requireKeepRules(reader), dryRun: reader.value(INPUTS.dryRun), ...common };
    }
    case 'databases': {
      const source = readSource(reader, MAINTENANCE_DATABASE);
      const fleet = readFleet(reader);
      return { mode, source, ...fleet, ...readCommon(reader, source.database, firstStore(fleet)) };
    }
    case 'status': {
      const hasServer = [INPUTS.sourceUrl, INPUTS.sourceHost].some((one) => reader.originOf(one).from !== 'default');
      const source = hasServer ? readSource(reader, MAINTENANCE_DATABASE) : null;
      for (const one of OF_SOURCE) reader.read<unknown>(one);
      const fleet = readFleet(reader);
      return { mode, source, ...fleet, ...readCommon(reader, '', firstStore(fleet)) };
    }
    case 'roles': {
      const source = readSource(reader, MAINTENANCE_DATABASE);
      for (const one of ALL_INPUTS.filter(isOfStore)) reader.read<unknown>(one);
      return { mode, source, ...readCommon(reader, source.database, NO_STORE) };
    }
  }
}

/** Of no use without a server, and yet no junk. */
const OF_SOURCE = [INPUTS.sourcePort, INPUTS.sourceUser, INPUTS.sslRootCert, INPUTS.database];
/** Of no use where no backup is looked at, and yet no junk. */
function isOfStore(definition: InputDefinition<unknown>): boolean {
  return definition.modes.includes('roles') && (definition.group === 's3' || definition === INPUTS.localDirectory);
}
/** Where there is always something to connect to. */
const MAINTENANCE_DATABASE = 'postgres';
/** Of a mode that has nothing to do with backups: nobody has to say where they are, and it is never opened. */
const NO_STORE: StoreSettings = { kind: 'directory', path: '' };

function readMany(reader: InputReader): { fleet: FleetSettings } & CommonSettings {
  const fleet = readFleet(reader);
  return { fleet, ...readCommon(reader, '', firstStore(fleet)) };
}

function readCommon(reader: InputReader, database: string, store = readStore(reader)): CommonSettings {
  const container = reader.value(INPUTS.pgContainer);
  const client = reader.value(INPUTS.pgClient);
  if (client === 'container' && reader.originOf(INPUTS.pgContainer).from === 'default') {
    reader.missing(INPUTS.pgContainer, phrase`the container that ${input('pg-client', 'container')} asks for`);
  }
  return {
    database,
    store,
    toolbox: {
      client,
      container,
      image: reader.value(INPUTS.pgImage),
      runtime: reader.value(INPUTS.containerRuntime),
    },
    pgOptions: reader.value(INPUTS.pgOptions),
    skipChecks: reader.value(INPUTS.skipChecks),
    log: {
      quiet: reader.value(INPUTS.quiet),
      debug: reader.value(INPUTS.debug),
      showProgress: reader.value(INPUTS.showProgress),
    },
  };
}

function readDump(reader: InputReader): DumpSettings {
  return {
    source: readSource(reader),
    compress: reader.value(INPUTS.dumpCompress),
    dumpJobs: reader.value(INPUTS.dumpJobs),
    dumpOptions: reader.value(INPUTS.dumpOptions),
    dryRun: reader.value(INPUTS.dryRun),
    force: reader.value(INPUTS.force),
  };
}

function readLoad(reader: InputReader, database: string): LoadSettings {
  const target = readTarget(reader, database);
  const confirm = reader.value(INPUTS.confirm);
  if (confirm !== null && target.database !== '' && confirm !== target.database) {
    const written = `${quoted(confirm)} is not the target database, ${quoted(target.database)}`;
    reader.wrong(INPUTS.confirm, `${written}: write its name if you mean to restore into it`);
  }
  return {
    target,
    jobs: reader.value(INPUTS.restoreJobs),
    sliceBytes: reader.value(INPUTS.sliceSize),
    timeLimitMs: reader.value(INPUTS.timeLimit),
    retryMinutes: reader.value(INPUTS.retryMinutes),
    indexStrategy: reader.value(INPUTS.indexStrategy),
    validateForeignKeys: reader.value(INPUTS.validateForeignKeys),
    tempBudget: reader.value(INPUTS.tempBudget),
    indexOverrides: reader.value(INPUTS.indexOverrides),
    only: reader.value(INPUTS.only),
    skipEntries: reader.value(INPUTS.skipEntries),
    keepTablespaces: reader.value(INPUTS.keepTablespaces),
    keepAccessMethods: reader.value(INPUTS.keepAccessMethods),
    keepSubscriptions: reader.value(INPUTS.keepSubscriptions),
    keepOwner: reader.value(INPUTS.keepOwner),
    keepPrivileges: reader.value(INPUTS.keepPrivileges),
    keepDatabaseSettings: reader.value(INPUTS.keepDatabaseSettings),
    roleMap: reader.value(INPUTS.roleMap),
    analyze: reader.value(INPUTS.analyze),
    verify: reader.value(INPUTS.verify),
    recordProof: readRecordProof(reader),
    dryRun: reader.value(INPUTS.dryRun),
  };
}

/** What nobody has verified proves nothing. */
function readRecordProof(reader: InputReader): boolean {
  const recordProof = reader.value(INPUTS.recordProof);
  if (recordProof && reader.value(INPUTS.verify) === 'false') {
    reader.wrong(
      INPUTS.recordProof,
      phrase`a restore that is not verified proves nothing: leave ${input('verify', false)} out`,
    );
  }
  return recordProof;
}

function requireDatabase(reader: InputReader, which: string): string {
  return reader.required(INPUTS.database, `${DATABASE} ${which}`);
}

/** A mode that changes nothing refuses the input: somebody would take what it does for a plan. A variable may be meant for others. */
function refuseDryRun(reader: InputReader, mode: Mode | null): void {
  if (mode === null || WITH_DRY_RUN.includes(mode)) return;
  const isAsked = reader.originOf(INPUTS.dryRun).from === 'input' && reader.value(INPUTS.dryRun);
  if (isAsked) reader.wrong(INPUTS.dryRun, phrase`${input('mode', mode)} has no dry run: leave it out`);
}

function nameOfNewBackup(reader: InputReader, store: StoreSettings): string | null {
  const exactKey = exactKeyOf(store);
  if (exactKey !== null) return nameInKey(exactKey);
  const backupName = reader.value(INPUTS.backupName);
  if (backupName === LATEST) {
    const advice = 'give another, or none for the time of the start';
    reader.wrong(INPUTS.backupName, `\`latest\` finds the newest backup and cannot name one: ${advice}`);
  }
  return backupName;
}

function nameOfBackup(reader: InputReader, store: StoreSettings): string {
  const exactKey = exactKeyOf(store);
  if (exactKey !== null) return nameInKey(exactKey);
  // Here `s3-uri` is given and at fault, which is reported already. The name would have come from it, so it is not missing.
  if (reader.originOf(INPUTS.s3Uri).from !== 'default') return reader.value(INPUTS.backupName) ?? '';
  return reader.required(INPUTS.backupName, 'the name of the backup, or to `latest`');
}

/** The name in the key of one exact object, for the report. Never `latest`, which would be looked up. */
function nameInKey(key: string): string {
  const file = key.slice(key.lastIndexOf('/') + 1);
  const bare = file.endsWith(ARCHIVE_SUFFIX) ? file.slice(0, -ARCHIVE_SUFFIX.length) : file;
  return bare === '' || bare === LATEST ? file : bare;
}

/** A database cannot be restored into itself; the checks before any work would say so later, and less clearly. */
function checkDistinct(reader: InputReader, { source }: DumpSettings, { target }: LoadSettings): void {
  if (source.host === '' || source.database === '') return;
  if (source.host !== target.host || source.port !== target.port || source.database !== target.database) return;
  const place = `${source.host}:${source.port}/${source.database}`;
  reader.wrong(INPUTS.targetDatabase, `source and target are the same database, ${quoted(place)}: name another target`);
}
