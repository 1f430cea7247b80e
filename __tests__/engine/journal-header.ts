import type { JournalHeader } from '../../src/engine/journal-format.js';

/** What a journal of a restore could begin with. */
export const HEADER: Omit<JournalHeader, 'format'> = {
  database: 'app',
  backupName: 'one',
  archiveUri: 's3://b/app/one.dump',
  archiveSha256: '',
  indexStrategy: 'empty',
  restoreArgs: ['--no-owner'],
  selection: {
    only: [],
    skipEntries: [{ desc: 'INDEX', name: null, text: 'INDEX' }],
    keepSubscriptions: false,
    keepPrivileges: false,
    targetIsSuperuser: false,
    targetMajor: 15,
    installedExtensions: ['hstore', 'ü'],
    existing: [{ kind: 'SCHEMA', name: 'public', isOwn: true }],
    journalSchema: 'phaselift_journal',
  },
  reasons: [],
  leftOut: [],
};
