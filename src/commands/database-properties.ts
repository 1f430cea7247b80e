import { databaseProperties } from '../archive/database-settings.js';
import type { TocEntry } from '../archive/types.js';
import type { CheckSettings } from '../checks/target-checks.js';
import { formatExact, plural } from '../foundation/format.js';
import { input, phrase } from '../foundation/text.js';
import type { RestoreSettings } from '../inputs/settings.js';
import { applyProperties, statementsToPaste, type ToldStatement } from '../postgres/database-properties.js';
import type { Sessions } from '../postgres/sessions.js';
import type { CommandContext } from './context.js';
import { tellNotes } from './tell-notes.js';

/**
 * Settings and GRANTs of the database. They are no part of a plan: they are applied at its end, and again when a run is cut off there, or they are
 * told as SQL to paste.
 */

const LINES = 50;
/** A longer statement is told by its beginning only. */
const LONGEST = 2000;

/** What the checks of a target go by, with the roles that GRANTs of the database name where these are restored. */
export function checkSettings(settings: RestoreSettings, entries: readonly TocEntry[]): CheckSettings {
  if (!settings.keepDatabaseSettings) return settings;
  const { grants } = databaseProperties(entries);
  const roles = grants.flatMap(({ role, grantor }) => (role === null || grantor !== null ? [] : [role]));
  return { ...settings, databaseRoles: [...new Set(roles)] };
}

/** Applies them if that is asked for, and tells what was not. Throws what ends a session. */
export async function restoreProperties(
  settings: RestoreSettings,
  entries: readonly TocEntry[],
  sessions: Sessions,
  context: CommandContext,
): Promise<void> {
  const { log, recorder } = context;
  if (!settings.keepDatabaseSettings) {
    tellProperties(settings, entries, context);
    return;
  }
  const properties = databaseProperties(entries);
  const applied = await applyProperties(sessions, properties, settings.target.database);
  const text = `settings of the database: ${plural(applied.settings, 'setting')} and ${plural(applied.grants, 'GRANT')} applied`;
  tellNotes([text], context);
  for (const { sql, reason } of applied.refused.slice(0, LINES)) {
    const refused = `refused by the target, and left out: ${bounded(sql)} (${reason ?? 'for no reason'})`;
    log.warning(refused);
    recorder.note(refused);
  }
  if (applied.leftOut.length === 0) return;
  log.info('of the database at the source, these were left out:');
  tellStatements(applied.leftOut, context);
}

/** Tells what the database has at the source, as SQL to paste; a restore leaves that to people. */
export function tellProperties(
  { keepDatabaseSettings, target, only }: RestoreSettings,
  entries: readonly TocEntry[],
  context: Pick<CommandContext, 'log' | 'recorder'>,
): void {
  const statements = statementsToPaste(databaseProperties(entries), target.database);
  // Who wants some tables has not asked for what the database is like.
  if (statements.length === 0 || (only.length > 0 && !keepDatabaseSettings)) return;
  const what = keepDatabaseSettings
    ? 'settings and GRANTs of the database at the source, which are applied at the end as far as its owner could set them:'
    : phrase`settings and GRANTs of the database at the source, which are not restored (${input('keep-database-settings', true)} applies them):`;
  context.log.info(what);
  tellStatements(statements, context);
  if (!keepDatabaseSettings)
    context.recorder.note(
      `${plural(statements.length, 'setting')} and GRANTs of the database are not restored: the log has them as SQL to paste`,
    );
}

function tellStatements(statements: readonly ToldStatement[], { log }: Pick<CommandContext, 'log'>): void {
  for (const { sql, reason } of statements.slice(0, LINES)) {
    log.info(`  ${[bounded(sql), reason === null ? '' : `-- ${reason}`].filter((part) => part !== '').join(' ')}`);
  }
  const more = statements.length - LINES;
  if (more > 0) log.info(`  … and ${formatExact(more)} more: pg_restore --create --section=pre-data shows them`);
}

function bounded(sql: string): string {
  return sql.length <= LONGEST ? sql : `-- too long to be shown: ${sql.slice(0, 100)}…`;
}
