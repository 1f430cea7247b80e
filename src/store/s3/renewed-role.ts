/** Credentials of a role, taken anew before they end, for as long as a run lasts. */
import type { Logger } from '../../foundation/logger.js';
import { textOf } from '../../foundation/errors.js';
import { formatTime } from '../../foundation/format.js';
import { phrase } from '../../foundation/text.js';

/** What a request is signed with, until `expiration`. */
export interface RoleIdentity {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
  expiration: Date;
}

/** So long before their end credentials are renewed, or at half of their life where that is short. */
const RENEWED_BEFORE_MS = 5 * 60_000;
/** A request that is signed with what ends in this time may come too late; of a short life it is a tenth. */
const TRAVEL_MS = 5_000;
/** Between attempts while those in use still hold. */
const PAUSE_MS = 10_000;

/**
 * The SDK asks at each request once its credentials have less than five minutes left. A renewal that fails is then no reason
 * to fail the request: those at hand are used up to their end, and it is tried again.
 */
export class RenewedRole {
  private held: RoleIdentity | null = null;
  private renewAtMs = 0;
  private usableUntilMs = 0;
  private pending: Promise<RoleIdentity> | null = null;
  private hasWarned = false;

  /** `take` gets new credentials, and throws what is for people. */
  constructor(
    private readonly roleArn: string,
    private readonly take: () => Promise<RoleIdentity>,
    private readonly log: Logger,
  ) {}

  /** Credentials that hold now. Throws what the renewal met when there are none any more. */
  identity(): Promise<RoleIdentity> {
    if (this.held !== null && Date.now() < this.renewAtMs) return Promise.resolve(this.held);
    this.pending ??= this.renew().finally(() => (this.pending = null));
    return this.pending;
  }

  private async renew(): Promise<RoleIdentity> {
    try {
      const taken = await this.take();
      const endsAtMs = taken.expiration.getTime();
      this.log.debug(`took the role ${this.roleArn}: its credentials end at ${formatTime(endsAtMs)}`);
      const lifeMs = endsAtMs - Date.now();
      this.renewAtMs = endsAtMs - Math.min(RENEWED_BEFORE_MS, lifeMs / 2);
      this.usableUntilMs = endsAtMs - Math.min(TRAVEL_MS, lifeMs / 10);
      this.hasWarned = false;
      return (this.held = taken);
    } catch (error) {
      if (this.held === null || Date.now() >= this.usableUntilMs) throw error;
      this.renewAtMs = Math.min(Date.now() + PAUSE_MS, this.usableUntilMs);
      if (!this.hasWarned) {
        const end = formatTime(this.held.expiration.getTime());
        this.log.warning(
          phrase`the credentials in use end at ${end}, and could not be renewed yet; it is tried again: ${textOf(error)}`,
        );
      }
      this.hasWarned = true;
      return this.held;
    }
  }
}
