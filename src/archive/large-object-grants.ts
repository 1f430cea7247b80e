import { encodeInt } from './integers.js';
import { statementsOf, wordsAt } from './sql-tokens.js';
import { stringField } from './toc-fields.js';
import type { ArchiveHeader, TocEntry } from './types.js';

/**
 * From 17 on large objects of one owner and the same GRANTs are one entry, whose ACL entry has the GRANTs of the first of them: pg_restore
 * repeats these for each, and wants the entry with their oids in the same archive (IssueACLPerBlob of pg_backup_archiver.c). The
 * large objects are there already, in another unit: so the GRANTs of each are written out, in an entry that is of one.
 */
export function isGrantsOfMany({ desc, tag }: TocEntry): boolean {
  return desc === 'ACL' && tag.startsWith('LARGE OBJECTS ');
}

/** The bytes of such an entry with the GRANTs of each; null where its statements are not of the known form. `objects` is the entry with the oids. */
export function withGrantsOfEach(bytes: Buffer, objects: TocEntry, header: ArchiveHeader): Buffer | null {
  const field = stringField(bytes, 'definition', header);
  const definition = bytes.toString('latin1', field.textAt, field.end);
  const oids = objects.definition.split('\n').filter((line) => /^\d+$/.test(line));
  const statements = statementsOf(definition);
  if (statements === null || oids.length === 0) return null;
  const each = statements.map((tokens) => {
    const [from, to] = [tokens[0]?.start ?? 0, tokens.at(-1)?.end ?? 0];
    const at = tokens.findIndex((_, index) => wordsAt(tokens, index, 'ON LARGE OBJECT') > 0);
    const oid = at === -1 ? undefined : tokens[at + 3];
    if (oid === undefined) return `${definition.slice(from, to)};\n`;
    const [before, after] = [definition.slice(from, oid.start), definition.slice(oid.end, to)];
    return oids.map((one) => `${before}${one}${after};\n`).join('');
  });
  return replaced(replaced(bytes, 'definition', each.join(''), header), 'tag', `LARGE OBJECT ${oids[0] ?? ''}`, header);
}

function replaced(bytes: Buffer, name: 'definition' | 'tag', latin1: string, header: ArchiveHeader): Buffer {
  const { start, end } = stringField(bytes, name, header);
  const text = Buffer.from(latin1, 'latin1');
  return Buffer.concat([bytes.subarray(0, start), encodeInt(text.length, header.intSize), text, bytes.subarray(end)]);
}
