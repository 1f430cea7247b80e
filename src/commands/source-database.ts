import { JOURNAL_SCHEMA } from '../engine/journal.js';
import type { BackupSettings } from '../inputs/settings.js';
import { Sessions } from '../postgres/sessions.js';
import { exitError } from '../process/exit-message.js';
import type { Toolbox } from '../postgres/toolbox.js';
import type { CommandContext } from './context.js';

/** The database to back up, with tools that are new enough for it. */
export interface Source {
  toolbox: Toolbox;
  sessions: Sessions;
  /** Of the archive, uncompressed; null until it was estimated. */
  estimatedBytes: number | null;
}

/** Connects once, to learn the server's version, and chooses tools that suit it. */
export async function openSource(settings: BackupSettings, context: CommandContext): Promise<Source> {
  const connect = (toolbox: Toolbox): Sessions =>
    new Sessions(toolbox, {
      connection: settings.source,
      applicationName: 'phaselift backup',
      pgOptions: settings.pgOptions,
      errorFrom: (exit) => exitError({ tool: 'psql', ...exit, side: 'source' }),
    });
  const anyToolbox = await context.toolboxes.atLeast(0, settings.source);
  const [server] = await connect(anyToolbox).use((session) =>
    session.query<{ version: string; major: number; journal: boolean }>(
      "SELECT current_setting('server_version') AS version, current_setting('server_version_num')::int / 10000 AS major, " +
        `EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = '${JOURNAL_SCHEMA}') AS journal`,
    ),
  );
  const major = server?.major ?? 0;
  const toolbox = await context.toolboxes.atLeast(major, settings.source);
  context.log.info(
    `source: ${settings.source.host}:${settings.source.port}/${settings.source.database}, PostgreSQL ${server?.version ?? 'of unknown version'}`,
  );
  context.log.info(`tools: ${toolbox.description}`);
  if (server?.journal === true) {
    context.log.warning(
      `a restore into ${settings.source.database} has begun and not ended: this backup holds what is there by now`,
    );
  }
  return { toolbox, sessions: connect(toolbox), estimatedBytes: null };
}
