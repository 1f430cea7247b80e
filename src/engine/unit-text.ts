import { Transform, type TransformCallback } from 'node:stream';
import { decodeUtf8, type DecodeText } from '../archive/text-encoding.js';
import type { Unit } from '../plan/unit.js';

/**
 * The text that pg_restore makes of a unit, on its way to psql. Nearly all of it passes untouched; a few statements must
 * not arrive:
 * - settings of the preamble that the target's server does not know (`SET transaction_timeout`, written by pg_restore 17,
 *   refused by servers up to 16);
 * - `SET row_security = off` where materialized views are refreshed: by then policies exist again, and an owner under
 *   FORCE ROW LEVEL SECURITY would be refused; with `on` the refresh sees what it saw in the source;
 * - `BEGIN;` and `COMMIT;` around large objects, which would end the unit's own transaction;
 * - the column option `pg_attver`. Patched servers (seen in 15.20) keep it for themselves (whatever value
 *   is set is ignored), an unpatched pg_dump dumps it like any other option, and unpatched servers refuse it.
 * COPY data is never looked at: the preamble ends at the first object, and large objects come in units of their own.
 */
export interface TextRules {
  kind: Unit['kind'];
  stage: Unit['stage'];
  serverMajor: number;
  /** Of the archive's encoding, for the names of objects; without one they are read as UTF-8. */
  decodeText?: DecodeText;
}

const PREAMBLE_END = /\n--\n-- (?:Name|Data for Name|Statistics for Name): /;
const PREAMBLE_LIMIT_BYTES = 64 * 1024;
const HAS_COLUMNS = /^(?:TABLE|FOREIGN TABLE|MATERIALIZED VIEW) /;

export class UnitText extends Transform {
  private head: Buffer | null = Buffer.alloc(0);
  private rest = '';
  /** Lines passed on, counted for `statements` only. */
  lines = 0;
  private readonly objects: { line: number; title: string }[] = [];

  constructor(private readonly rules: TextRules) {
    super({ highWaterMark: 1024 * 1024 });
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.head === null) {
      this.body(chunk);
    } else {
      this.head = Buffer.concat([this.head, chunk]);
      const end = PREAMBLE_END.exec(this.head.toString('latin1'))?.index;
      if (end !== undefined || this.head.length > PREAMBLE_LIMIT_BYTES) this.endPreamble(end ?? 0);
    }
    done();
  }

  override _flush(done: TransformCallback): void {
    if (this.head !== null) this.endPreamble(this.head.length);
    if (this.rest !== '') this.pass(this.rest);
    done();
  }

  /** The object whose statements stand at or before this line of the text (1 is the first). Only for `statements`. */
  objectAt(line: number): string | null {
    return this.objects.findLast((object) => object.line <= line)?.title ?? null;
  }

  private endPreamble(end: number): void {
    const whole = this.head ?? Buffer.alloc(0);
    this.head = null;
    const preamble = whole.toString('latin1', 0, end);
    const dropped = this.droppedSettings();
    this.pass(
      preamble
        .split('\n')
        .filter((line) => !dropped.includes(line))
        .join('\n'),
    );
    this.body(whole.subarray(end));
  }

  private droppedSettings(): string[] {
    const dropped: string[] = [];
    if (this.rules.serverMajor < 17) dropped.push('SET transaction_timeout = 0;');
    if (this.rules.stage === 'refresh') dropped.push('SET row_security = off;');
    return dropped;
  }

  private body(chunk: Buffer): void {
    if (this.rules.kind === 'table-data') {
      this.push(chunk);
      return;
    }
    // Lines are cut as latin1: bytes stay what they are in any encoding of the database.
    const text = this.rest + chunk.toString('latin1');
    const end = text.lastIndexOf('\n') + 1;
    this.rest = text.slice(end);
    if (end > 0) this.pass(text.slice(0, end));
  }

  private pass(text: string): void {
    if (this.rules.kind === 'table-data') {
      this.push(Buffer.from(text, 'latin1'));
      return;
    }
    const lines = text.split('\n');
    const kept =
      this.rules.kind === 'large-objects' ? lines.filter((line) => line !== 'BEGIN;' && line !== 'COMMIT;') : lines;
    for (const [index, line] of kept.entries()) {
      const header = /^-- (?:Data for )?Name: (.*); Type: (.*); Schema: (.*); Owner:/.exec(line);
      if (header !== null) this.note(this.lines + index + 1, header);
      else if (line.includes('pg_attver=') && HAS_COLUMNS.test(this.objects.at(-1)?.title ?? ''))
        kept[index] = withoutAttributeVersion(line);
    }
    this.lines += kept.length - 1;
    this.push(Buffer.from(kept.join('\n'), 'latin1'));
  }

  private note(line: number, header: RegExpExecArray): void {
    const decode = this.rules.decodeText ?? decodeUtf8;
    const [, name = '', type = '', schema = ''] = header.map((part) => decode(Buffer.from(part, 'latin1')));
    this.objects.push({ line, title: `${type} ${schema === '-' ? '' : `${schema}.`}${name}` });
  }
}

/** The end of `ALTER TABLE ONLY t ALTER COLUMN c SET (…);`. The rest may stand in earlier lines: names may hold line ends. */
function withoutAttributeVersion(line: string): string {
  const end = / SET \(([^()]*)\);$/.exec(line);
  if (end === null) return line;
  const options = (end[1] ?? '').split(', ').filter((option) => !/^pg_attver=\d+$/.test(option));
  // An option that the new column does not have anyway: a statement that changes nothing.
  const action = options.length === 0 ? 'RESET (n_distinct)' : `SET (${options.join(', ')})`;
  return `${line.slice(0, line.lastIndexOf(' SET ('))} ${action};`;
}
