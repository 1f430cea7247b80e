/** Cuts what is written into parts of equal size, and sends them, some at a time, from buffers that are used again and again. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
  type CompletedPart,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ByteSink } from '../archive-writer.js';

/** What is sent, and where to. */
export interface PartTarget {
  client: S3Client;
  bucket: string;
  key: string;
  /** Of all parts but the last one, bytes. */
  partSizeBytes: number;
  /** Sent at a time. As many buffers are needed, and one more to write into. */
  partsInFlight: number;
  metadata: Record<string, string>;
  /** Called with the number of all bytes before some of them are taken; what it throws is thrown. */
  beforeBytes: (totalBytes: number) => void;
  /** A part has failed for good, or the upload could not be begun. */
  onFailure: (error: unknown) => void;
}

const CONTENT_TYPE = 'application/octet-stream';

/**
 * The parts of one object. What fits into one part becomes one `PutObject`: no upload is begun before there is more. A buffer is
 * written into again only when its request has come to its end, with all its retries.
 */
export class PartSender implements ByteSink {
  totalBytes = 0;
  private readonly free: Buffer[] = [];
  private made = 0;
  private current: Buffer | null = null;
  private filled = 0;
  private readonly sending = new Set<Promise<void>>();
  private readonly parts: CompletedPart[] = [];
  private uploadId: Promise<string> | null = null;
  private failure: { error: unknown } | null = null;
  private wake: (() => void) | null = null;

  constructor(private readonly target: PartTarget) {}

  write(bytes: Uint8Array): Promise<void> | null {
    this.throwFailure();
    this.target.beforeBytes(this.totalBytes + bytes.length);
    this.totalBytes += bytes.length;
    const taken = this.take(bytes);
    return taken === bytes.length ? null : this.takeRest(bytes.subarray(taken));
  }

  /** Nothing more is written: sends what is left, and makes the object visible. Throws the first failure. */
  async end(): Promise<void> {
    const { client, bucket, key, metadata } = this.target;
    this.throwFailure();
    const rest = this.current?.subarray(0, this.filled) ?? Buffer.alloc(0);
    if (this.uploadId === null) {
      const whole = { Bucket: bucket, Key: key, Body: rest, ContentType: CONTENT_TYPE, Metadata: metadata };
      await client.send(new PutObjectCommand(whole));
      return;
    }
    if (rest.length > 0) this.send(rest);
    const uploadId = await this.uploadId;
    await Promise.all(this.sending);
    this.throwFailure();
    await client.send(
      new CompleteMultipartUploadCommand({
        Bucket: bucket,
        Key: key,
        UploadId: uploadId,
        MultipartUpload: { Parts: this.parts },
      }),
    );
  }

  /** Whoever waits for a buffer gets this instead, and nothing more is taken. */
  fail(error: unknown): void {
    this.failure ??= { error };
    this.wake?.();
  }

  /** Resolves when no request reads from a buffer any more. */
  async settled(): Promise<void> {
    await Promise.all(this.sending);
  }

  private throwFailure(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  /** Copies as much as there is room for; returns how much. */
  private take(bytes: Uint8Array): number {
    const { partSizeBytes } = this.target;
    let taken = 0;
    while (taken < bytes.length) {
      if (this.current !== null && this.filled === partSizeBytes) {
        this.send(this.current);
        this.current = null;
      }
      this.current ??= this.buffer();
      if (this.current === null) break;
      const copied = Math.min(partSizeBytes - this.filled, bytes.length - taken);
      this.current.set(bytes.subarray(taken, taken + copied), this.filled);
      this.filled += copied;
      taken += copied;
    }
    return taken;
  }

  private async takeRest(bytes: Uint8Array): Promise<void> {
    for (let rest = bytes; rest.length > 0; rest = rest.subarray(this.take(rest))) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
      this.wake = null;
      this.throwFailure();
    }
  }

  /** One to write into; null while all are on their way. */
  private buffer(): Buffer | null {
    const { partSizeBytes, partsInFlight } = this.target;
    this.filled = 0;
    const free = this.free.pop();
    if (free !== undefined) return free;
    if (this.made > partsInFlight) return null;
    this.made += 1;
    return Buffer.allocUnsafeSlow(partSizeBytes);
  }

  private send(part: Buffer): void {
    const number = this.parts.length + 1;
    // Its place in the list, for the parts that follow.
    const completed: CompletedPart = { PartNumber: number };
    this.parts.push(completed);
    const sending = this.sendPart(part, completed)
      .catch((error: unknown) => {
        this.fail(error);
        this.target.onFailure(error);
      })
      .finally(() => {
        this.sending.delete(sending);
        if (part.length === this.target.partSizeBytes) this.free.push(part);
        this.wake?.();
      });
    this.sending.add(sending);
  }

  private async sendPart(part: Buffer, completed: CompletedPart): Promise<void> {
    const { client, bucket, key } = this.target;
    this.uploadId ??= this.begin();
    const answer = await client.send(
      new UploadPartCommand({
        Bucket: bucket,
        Key: key,
        UploadId: await this.uploadId,
        PartNumber: completed.PartNumber,
        Body: part,
      }),
    );
    completed.ETag = answer.ETag;
  }

  private async begin(): Promise<string> {
    const { client, bucket, key, metadata } = this.target;
    const upload = { Bucket: bucket, Key: key, ContentType: CONTENT_TYPE, Metadata: metadata };
    const { UploadId: id } = await client.send(new CreateMultipartUploadCommand(upload));
    if (id === undefined) throw new Error('the store gave the multipart upload no id');
    return id;
  }
}
