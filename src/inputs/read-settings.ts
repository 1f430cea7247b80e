/** From inputs and environment to one typed settings object, with all faults at once. */
import { DATABASE, readSource, readTarget } from './connections.js';
import { quoted } from './definition.js';
import { ALL_INPUTS, INPUTS } from './definitions.js';
import { InputReader } from './reader.js';
import { readS3 } from './s3-settings.js';
import type { CommonSettings, DumpSettings, LoadSettings, S3Settings, Settings } from './settings.js';
import type { InputSource } from './source.js';
import { ARCHIVE_SUFFIX, LATEST } from '../store/names.js';

/**
 * Reads and checks everything a mode needs. An input comes first, then its environment variables, then the default.
 *
 * PEM text of `ssl-root-cert` stands as text in the connections until `materializeRootCert` has put it into a file.
 *
 * @throws PhaseliftError INPUT: every fault in a line of its own
 */
export function readSettings(source: InputSource): Settings {
  const reader = new InputReader(source);
  const settings = settingsOfMode(reader);
  // Without a mode nothing says which of them count, so all do.
  reader.readRest(ALL_INPUTS, settings === null);
  reader.throwIfFaulty();
  if (settings === null) throw new Error('a mode that is not known was not reported');
  return settings;
}

function settingsOfMode(reader: InputReader): Settings | null {
  const { value: mode, origin } = reader.read(INPUTS.mode);
  if (origin.from === 'default') reader.missing(INPUTS.mode, '`backup`, `restore` or `all`');
  switch (mode) {
    case null:
      return null;
    case 'backup': {
      const dump = readDump(reader);
      const common = readCommon(reader, dump.source.database);
      return { mode, backupName: nameOfNewBackup(reader, common.s3), ...common, ...dump };
    }
    case 'restore': {
      const database = reader.required(INPUTS.database, `${DATABASE} that the backup was taken of`);
      const common = readCommon(reader, database);
      return { mode, backupName: nameOfBackup(reader, common.s3), ...common, ...readLoad(reader, database) };
    }
    case 'all': {
      const dump = readDump(reader);
      const common = readCommon(reader, dump.source.database);
      const load = readLoad(reader, dump.source.database);
      checkDistinct(reader, dump, load);
      return { mode, backupName: nameOfNewBackup(reader, common.s3), ...common, ...dump, ...load };
    }
  }
}

function readCommon(reader: InputReader, database: string): CommonSettings {
  const container = reader.value(INPUTS.pgContainer);
  const client = reader.value(INPUTS.pgClient);
  if (client === 'container' && reader.originOf(INPUTS.pgContainer).from === 'default') {
    reader.missing(INPUTS.pgContainer, 'the container that `pg-client: container` asks for');
  }
  return {
    database,
    s3: readS3(reader),
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
    dumpOptions: reader.value(INPUTS.dumpOptions),
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
    indexStrategy: reader.value(INPUTS.indexStrategy),
    skipEntries: reader.value(INPUTS.skipEntries),
    keepTablespaces: reader.value(INPUTS.keepTablespaces),
    keepAccessMethods: reader.value(INPUTS.keepAccessMethods),
    keepSubscriptions: reader.value(INPUTS.keepSubscriptions),
    keepOwner: reader.value(INPUTS.keepOwner),
    keepPrivileges: reader.value(INPUTS.keepPrivileges),
    analyze: reader.value(INPUTS.analyze),
    verify: reader.value(INPUTS.verify),
  };
}

function nameOfNewBackup(reader: InputReader, s3: S3Settings): string | null {
  if (s3.exactKey !== null) return nameInKey(s3.exactKey);
  const backupName = reader.value(INPUTS.backupName);
  if (backupName === LATEST) {
    const advice = 'give another, or none for the time of the start';
    reader.wrong(INPUTS.backupName, `\`latest\` finds the newest backup and cannot name one: ${advice}`);
  }
  return backupName;
}

function nameOfBackup(reader: InputReader, s3: S3Settings): string {
  if (s3.exactKey !== null) return nameInKey(s3.exactKey);
  // A fault in `s3-uri` is enough said: the name would have come from there.
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
