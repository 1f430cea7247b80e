import type { PsqlSession } from '../postgres/session.js';
import { RestoreLock } from './restore-lock.js';

export interface ControlOptions {
  session: PsqlSession;
  lock: RestoreLock;
  /** Opens a session like the one that was lost. */
  open: () => Promise<PsqlSession>;
  /** The application_name of the sessions that work for the restore. */
  applicationName: string;
  log: (line: string) => void;
}

/**
 * The session that holds the lock of a restore. When it is lost another one takes the lock again: whoever has worked under the
 * old one cannot commit, and where another run has come first this one ends.
 */
export class ControlSession {
  /** Looks, in the session that has taken the lock again, whether the restore is still the same; throws where it is not. */
  onRegained: (session: PsqlSession) => Promise<void> = () => Promise.resolve();
  /** Told when the session is lost, before it is taken again: what is at work cannot commit any more. */
  onLost: () => void = () => undefined;
  private session: PsqlSession;
  private lock: RestoreLock;
  private regaining: Promise<void> | null = null;

  constructor(private readonly options: ControlOptions) {
    this.session = options.session;
    this.lock = options.lock;
    this.watch(options.lock);
  }

  /** Why the lock is not ours at present; null as long as nobody knows better than that it is. */
  get loss(): Error | null {
    const { aborted, reason } = this.lock.lost as { aborted: boolean; reason: unknown };
    return aborted && reason instanceof Error ? reason : null;
  }

  /** To be called in a session of the restore before it commits; throws CONNECTION when the lock is not ours. */
  async prove(session: PsqlSession): Promise<void> {
    await this.lock.prove(session);
  }

  /**
   * Comes back when the lock is ours, which may mean to take it again. Throws CONNECTION when the server cannot be reached,
   * TARGET_BUSY when another restore holds it, and what `onRegained` throws.
   */
  async hold(signal: AbortSignal): Promise<void> {
    if (this.regaining === null && (await this.lock.isHeld())) return;
    this.regaining ??= this.regain(signal).finally(() => {
      this.regaining = null;
    });
    await this.regaining;
  }

  /** Ends the sessions that work for this restore. */
  async terminateOwn(): Promise<void> {
    await this.lock.terminateOwn();
  }

  /** Gives the lock back. */
  async close(): Promise<void> {
    this.lock.release();
    await this.session.close();
  }

  private async regain(signal: AbortSignal): Promise<void> {
    const { open, applicationName, log } = this.options;
    this.lock.release();
    await this.session.kill();
    const session = await open();
    const lock = new RestoreLock(session, applicationName);
    try {
      await lock.acquire(signal, log);
      await this.onRegained(session);
    } catch (error) {
      lock.release();
      await session.kill();
      throw error;
    }
    this.session = session;
    this.lock = lock;
    this.watch(lock);
  }

  private watch({ lost }: RestoreLock): void {
    const tell = (): void => {
      this.onLost();
    };
    lost.addEventListener('abort', tell, { once: true });
    if (lost.aborted) tell();
  }
}
