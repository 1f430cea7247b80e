import type { Logger } from '../../foundation/logger.js';
import type { Connection } from '../connection.js';
import type { Toolbox, ToolboxSettings } from '../toolbox.js';
import { createToolbox, localhostHint, type ToolboxOptions } from './create-toolbox.js';

type OnContainerStarted = NonNullable<ToolboxOptions['onContainerStarted']>;

/** Hands out one toolbox as long as its tools are new enough, and makes a newer one when they are not. */
export class ToolboxCache {
  private readonly made: Toolbox[] = [];
  private readonly hinted = new Set<string>();

  constructor(
    private readonly settings: ToolboxSettings,
    private readonly log: Logger,
    private readonly onContainerStarted: OnContainerStarted,
    /** That the tools write to. */
    private readonly directory: string | null = null,
    /** All connections of the run: one toolbox may serve several, and each may name files. */
    private readonly connections: readonly Connection[] = [],
  ) {}

  /** `connection` null: the tools will connect to nothing. */
  async atLeast(major: number, connection: Connection | null): Promise<Toolbox> {
    const known = this.made.find((toolbox) =>
      Object.values(toolbox.versions).every((version) => version.major >= major),
    );
    const toolbox = known ?? (await this.make(major, connection));
    const hint = connection === null ? null : localhostHint(connection.host, toolbox);
    if (hint !== null && !this.hinted.has(String(hint))) {
      this.log.warning(hint);
      this.hinted.add(String(hint));
    }
    return toolbox;
  }

  async close(): Promise<void> {
    await Promise.all(this.made.map((toolbox) => toolbox.close()));
  }

  private async make(major: number, connection: Connection | null): Promise<Toolbox> {
    const serverMajors = major === 0 ? [] : [major];
    const sslRootCert = connection?.sslRootCert ?? null;
    const need = { serverMajors, sslRootCert, files: this.connections.flatMap(filesOf), directory: this.directory };
    const toolbox = await createToolbox(this.settings, need, this.log, { onContainerStarted: this.onContainerStarted });
    this.made.push(toolbox);
    return toolbox;
  }
}

function filesOf({ sslRootCert, parameters }: Connection): string[] {
  return [...(sslRootCert === null ? [] : [sslRootCert]), ...Object.values(parameters?.files ?? {})];
}
