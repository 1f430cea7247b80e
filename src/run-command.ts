import { backupAndRestore } from './commands/all.js';
import { backup } from './commands/backup.js';
import type { CommandContext } from './commands/context.js';
import { planAll } from './commands/dry-run-all.js';
import { planBackup } from './commands/dry-run-backup.js';
import { databases } from './commands/databases.js';
import { planRestore } from './commands/dry-run-restore.js';
import { SavedLeftovers } from './commands/leftovers.js';
import { listFleet } from './commands/fleet-list.js';
import { pruneFleet } from './commands/fleet-prune.js';
import { verifyFleet } from './commands/fleet-verify.js';
import { list } from './commands/list.js';
import { prune } from './commands/prune.js';
import { restore } from './commands/restore.js';
import { show } from './commands/show.js';
import { status } from './commands/status.js';
import { verify } from './commands/verify.js';
import type { Logger } from './foundation/logger.js';
import { input, phrase } from './foundation/text.js';
import type { Settings } from './inputs/settings.js';
import type { Connection } from './postgres/connection.js';
import { ToolboxCache } from './postgres/toolbox/toolbox-cache.js';
import { Stores } from './store/stores.js';

/** What differs between the action and the command line. */
export interface Surface extends Pick<
  CommandContext,
  'log' | 'recorder' | 'signal' | 'progress' | 'consent' | 'workflowRun'
> {
  /** Keeps a value for a step that runs after this process, however it ends. */
  saveState(name: string, value: string): void;
}

/** Makes the real collaborators and calls one command. */
export async function runCommand(settings: Settings, surface: Surface): Promise<void> {
  const leftovers = new SavedLeftovers(settings.store, (name, value) => {
    surface.saveState(name, value);
  });
  const stores = new Stores(surface.log);
  const store = stores.at(settings.store);
  const onContainerStarted: ConstructorParameters<typeof ToolboxCache>[2] = (container) => {
    leftovers.containerStarted(container);
  };
  const connections = connectionsOf(settings);
  tellIgnored(connections, surface.log);
  const toolboxes = new ToolboxCache(
    settings.toolbox,
    surface.log,
    onContainerStarted,
    writtenBy(settings),
    Object.values(connections),
  );
  const { log, recorder, signal, progress, consent, workflowRun } = surface;
  const now = (): Date => new Date();
  const context = { store, stores, log, recorder, signal, progress, consent, workflowRun, now, toolboxes, leftovers };
  try {
    await call(settings, context);
  } finally {
    await toolboxes.close();
    stores.close();
    leftovers.containersEnded();
  }
}

function call(settings: Settings, context: CommandContext): Promise<unknown> {
  switch (settings.mode) {
    case 'backup':
      return settings.dryRun ? planBackup(settings, context) : backup(settings, context);
    case 'restore':
      return settings.dryRun ? planRestore(settings, context) : restore(settings, context);
    case 'all':
      return settings.dryRun ? planAll(settings, context) : backupAndRestore(settings, context);
    case 'list':
      return settings.fleet === null ? list(settings, context) : listFleet(settings.fleet, context);
    case 'show':
      return show(settings, context);
    case 'verify':
      return settings.fleet === null ? verify(settings, context) : verifyFleet(settings, settings.fleet, context);
    case 'prune':
      return settings.fleet === null ? prune(settings, context) : pruneFleet(settings, context);
    case 'databases':
      return databases(settings, context);
    case 'status':
      return status(settings, context);
  }
}

/** By the input of a URL that would name it. */
function connectionsOf(settings: Settings): Record<string, Connection> {
  return {
    ...('source' in settings && settings.source !== null ? { 'source-url': settings.source } : {}),
    ...('target' in settings ? { 'target-url': settings.target } : {}),
  };
}

/** Who asked for something reads that it is not done. */
function tellIgnored(connections: Readonly<Record<string, Connection>>, log: Logger): void {
  for (const [url, { parameters }] of Object.entries(connections)) {
    for (const { name, reason } of parameters?.ignored ?? []) {
      log.info(phrase`\`${name}\` of ${input(url)} is not used: ${reason}`);
    }
  }
}

/** The directory that pg_dump writes to, when it does. */
function writtenBy(settings: Settings): string | null {
  const { mode, store } = settings;
  const writes = (mode === 'backup' || mode === 'all') && !settings.dryRun;
  return writes && store.kind === 'directory' ? store.path : null;
}
