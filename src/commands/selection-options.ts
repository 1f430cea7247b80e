import type { RestoreSettings } from '../inputs/settings.js';
import type { SelectionOptions } from '../plan/selection.js';
import { JOURNAL_SCHEMA } from '../postgres/contents.js';
import type { ServerFacts } from '../postgres/server-facts.js';

/** What of an archive is restored, as far as settings and target decide it. */
export function selectionOptions(settings: RestoreSettings, facts: ServerFacts): SelectionOptions {
  return {
    only: settings.only,
    skipEntries: settings.skipEntries,
    keepSubscriptions: settings.keepSubscriptions,
    keepPrivileges: settings.keepPrivileges,
    targetIsSuperuser: facts.isSuperuser,
    targetMajor: facts.major,
    installedExtensions: facts.extensions.map(({ name }) => name),
    existing: [
      ...facts.schemas.map((schema) => ({ kind: 'SCHEMA' as const, ...schema })),
      ...facts.languages.map((language) => ({ kind: 'LANGUAGE' as const, ...language })),
    ],
    journalSchema: JOURNAL_SCHEMA,
  };
}
