/**
 * Conditions of writes: `If-None-Match` and `If-Match`. AWS and Ceph know both, others one or none. A store that ignores a
 * condition cannot be told from one that holds to it, so nobody relies on conditions alone: whoever writes also looks before
 * and after. A store that refuses the header is asked once more without.
 */
import type { Logger } from '../../foundation/logger.js';
import { isUnknownCondition } from './error-facts.js';

/** The object is still this one, or there is none (`*`). Empty: whatever there is. */
export interface Condition {
  IfMatch?: string;
  IfNoneMatch?: '*';
}

/** What must still stand there: the object with this ETag, or nothing. */
export function conditionOf(there: { etag: string } | null): Condition {
  if (there === null) return { IfNoneMatch: '*' };
  return there.etag === '' ? {} : { IfMatch: there.etag };
}

/** The requests that carry conditions, by the names that the SDK has for them. */
export const COMPLETION = 'CompleteMultipartUploadCommand';
export const PUT = 'PutObjectCommand';

/** What a store has said of the conditions that it does not know. */
export class Conditions {
  private readonly unknown = new Set<string>();

  constructor(private readonly logger: Logger) {}

  /**
   * Sends a request with its condition. Where the store does not know that, `look` is asked, which throws when the condition
   * does not hold, and the request is sent without it.
   */
  async send<T>(
    request: string,
    condition: Condition,
    send: (condition: Condition) => Promise<T>,
    look: () => Promise<unknown>,
  ): Promise<T> {
    if (!this.isUnknown(request, condition)) {
      try {
        return await send(condition);
      } catch (error) {
        if (!this.learn(request, condition, error)) throw error;
      }
    }
    await look();
    return send({});
  }

  /** True when the error says that the store does not know the condition of this request; then it is told, once. */
  learn(request: string, condition: Condition, error: unknown): boolean {
    if (Object.keys(condition).length === 0 || !isUnknownCondition(error)) return false;
    if (this.unknown.size === 0) {
      const header = 'IfMatch' in condition ? 'If-Match' : 'If-None-Match';
      this.logger.info(
        `the store does not know ${header}: instead, what stands in the place of a backup is looked at before and after it is written`,
      );
    }
    this.unknown.add(kindOf(request, condition));
    return true;
  }

  private isUnknown(request: string, condition: Condition): boolean {
    return this.unknown.has(kindOf(request, condition));
  }
}

function kindOf(request: string, condition: Condition): string {
  return [request, ...Object.keys(condition)].join(' ');
}
