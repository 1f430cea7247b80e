/**
 * The proof: what a restore that was verified leaves beside its backup. The schema here is the source of its type and of
 * docs/proof.schema.json. Members that are not known are passed over, so that they can be added within a format.
 */
import * as z from 'zod';
import type { ManifestSummary } from './manifest.js';

/** The format that this version writes, and the newest that it reads. */
export const PROOF_FORMAT = 1;

/** Restores that a proof remembers. */
export const HISTORY_KEPT = 20;

/** More than any proof has: names have 255 bytes at most, which JSON may escape by six. */
export const MAX_PROOF_BYTES = 64 * 1024;

const count = z.int().nonnegative();
const time = z.iso.datetime().describe('ISO 8601, UTC');
const seconds = z
  .number()
  .nonnegative()
  .nullable()
  .describe('of the four phases and ANALYZE, without the verification; null where it took more than one run');

const historySchema = z.object({
  provenAt: time,
  backupName: z.string().min(1),
  seconds,
});

export const proofSchema = z
  .object({
    format: z.literal(PROOF_FORMAT),
    database: z.string().min(1).describe('the database that was backed up'),
    backup: z
      .object({
        name: z.string().min(1),
        takenAt: time,
        finishedAt: time,
        sizeBytes: count.describe('of the archive'),
        archiveId: z.string().optional(),
        sha256: z.string().regex(/^[0-9a-f]{64}$/, 'is not a SHA-256 in hexadecimal digits'),
      })
      .describe(
        'which backup was restored, as its manifest has it: another one of the same name is not proven by this',
      ),
    provenAt: time.describe('when the restore had ended, ISO 8601, UTC'),
    seconds,
    rows: count.nullable().describe('of the archive; null where they could not be counted'),
    verify: z
      .enum(['true', 'full'])
      .describe('how it was verified: as the input `verify`; `full` for `content` as well'),
    contents: z.boolean().optional().describe('true where the contents of rows were compared as well'),
    serverMajor: z.int().positive().describe('major version of the server that it was restored into'),
    phaseliftVersion: z.string().describe('of the restore'),
    history: z
      .array(historySchema)
      .max(HISTORY_KEPT)
      .describe("proven restores of this database's backups, oldest first, this one last"),
  })
  .meta({ title: 'Proof of a restore of a Phaselift backup' });

export type Proof = z.infer<typeof proofSchema>;
/** A restore of the past. */
export type ProvenRestore = z.infer<typeof historySchema>;

/** The JSON schema of the proof, as docs/proof.schema.json has it. */
export function proofJsonSchema(): Record<string, unknown> {
  // As input: a schema of output would forbid the members that later versions may add.
  return { ...z.toJSONSchema(proofSchema, { io: 'input' }) };
}

/** The text to store. */
export function writeProof(proof: Proof): string {
  return `${JSON.stringify(proof, null, 2)}\n`;
}

/** A proof, or why a text is none: for the end of a sentence. The text itself is never quoted. */
export function parseProof(text: string): Proof | { fault: string } {
  if (Buffer.byteLength(text) > MAX_PROOF_BYTES) return { fault: 'it is larger than any proof' };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { fault: text.trim() === '' ? 'it is empty' : 'it is not JSON: cut short, or something else' };
  }
  const parsed = proofSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (typeof format === 'number' && format > PROOF_FORMAT) {
    return { fault: `it has format ${format}, this version knows ${PROOF_FORMAT}` };
  }
  const [issue] = parsed.error.issues;
  const path = (issue?.path ?? []).map(String).join('.');
  return { fault: `it is not valid at ${path === '' ? 'its top' : path}: ${issue?.message ?? 'unknown'}` };
}

/** Whether it is this very backup that was restored, and not one that had the same name before or after it. */
export function proves({ backup }: Proof, summary: ManifestSummary): boolean {
  return (
    backup.takenAt === summary.takenAt &&
    backup.finishedAt === summary.finishedAt &&
    backup.sizeBytes === summary.sizeBytes &&
    backup.archiveId === summary.archiveId
  );
}

/** The history with one more restore: the newest ones. */
export function historyWith(before: Proof | null, restore: ProvenRestore): ProvenRestore[] {
  return [...(before?.history ?? []), restore].slice(-HISTORY_KEPT);
}
