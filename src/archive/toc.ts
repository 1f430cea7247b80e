import type { ByteReader } from './byte-reader.js';
import { MAX_HEAD_BYTES } from './byte-reader.js';
import { decoderFor } from './text-encoding.js';
import type { ArchiveHeader, Section, TocEntry } from './types.js';

type Draft = { -readonly [Field in keyof TocEntry]: TocEntry[Field] };
type ReadField = (reader: ByteReader, draft: Draft) => void;

/** In the order of teSection, pg_backup.h; counted from 1. */
const SECTIONS: readonly Section[] = ['none', 'pre-data', 'data', 'post-data'];

/** Values of an offset's flag byte: position not set, position set, no data. Source: pg_backup_archiver.h. */
const OFFSET_FLAGS: readonly number[] = [1, 2, 3];

/** The least bytes of an entry: about twenty integers and lengths of five bytes. */
const LEAST_ENTRY_BYTES = 80;

/** More entries than this cannot fit into a head of the permitted size. */
export const MAX_ENTRIES = Math.floor(MAX_HEAD_BYTES / LEAST_ENTRY_BYTES);

/**
 * Reads TOC entries one after the other. It keeps what it has read of an entry: when the reader runs short (ShortRead),
 * call next() again later and it goes on from the field that was short. Source: ReadToc of pg_backup_archiver.c.
 */
export class TocParser {
  private readonly fields: readonly ReadField[];
  private readonly seen = new Set<number>();
  /** Texts that very many entries have in common, each once: memory is what a large TOC costs most. */
  private readonly words = new Map<string, string>();
  private fieldIndex = 0;
  private dependencies: number[] = [];
  private draft: Draft;

  constructor(
    private readonly reader: ByteReader,
    private readonly header: ArchiveHeader,
  ) {
    this.fields = this.fieldsOf(header);
    this.draft = emptyDraft(reader.position);
  }

  next(): TocEntry {
    this.reader.context = ` of TOC entry ${this.seen.size + 1} of ${this.header.entryCount}`;
    for (;;) {
      const readField = this.fields[this.fieldIndex];
      if (readField === undefined) break;
      readField(this.reader, this.draft);
      this.fieldIndex++;
    }
    // An array that has grown keeps room for more.
    const entry = { ...this.draft, dependencies: this.dependencies.slice(), end: this.reader.position };
    this.seen.add(entry.dumpId);
    // It comes first (main of pg_dump.c), and all strings that follow are as it says.
    if (entry.desc === 'ENCODING') this.reader.decodeText = decoderFor(entry.definition);
    this.fieldIndex = 0;
    this.dependencies = [];
    this.draft = emptyDraft(this.reader.position);
    return entry;
  }

  /** The fields of an entry in the order of the archive. Each reads at most one primitive, but for the last two. */
  private fieldsOf({ version, format, offSize }: ArchiveHeader): ReadField[] {
    const fields: ReadField[] = [
      (r, d) => (d.dumpId = this.newDumpId(r)),
      (r, d) => (d.hasData = atMost(r, 'whether it has data', r.int('whether it has data', 0), 1) === 1),
      (r, d) => (d.tableOid = this.word(r, 'the catalog oid')),
      (r, d) => (d.oid = r.string('the oid') ?? ''),
      (r, d) => (d.tag = r.string('the name') ?? ''),
      (r, d) => (d.desc = this.word(r, 'the kind')),
      (r, d) => (d.section = SECTIONS[atMost(r, 'the section', r.int('the section', 1), 4) - 1] ?? 'none'),
      (r, d) => (d.definition = r.string('the definition') ?? ''),
      (r, d) => (d.dropStatement = r.string('the DROP statement') ?? ''),
      (r, d) => (d.copyStatement = r.string('the COPY statement') ?? ''),
      (r, d) => (d.namespace = this.word(r, 'the schema')),
      (r, d) => (d.tablespace = this.word(r, 'the tablespace')),
      (r, d) => (d.tableAccessMethod = this.word(r, 'the table access method')),
    ];
    if (version.minor >= 16)
      fields.push((r, d) => (d.relkind = letter(atMost(r, 'the relkind', r.int('the relkind', 0), 127))));
    fields.push(
      (r, d) => (d.owner = this.word(r, 'the owner')),
      (r) => r.string('WITH OIDS'),
      (r) => {
        this.readDependencies(r);
      },
    );
    if (format === 'directory') fields.push((r, d) => (d.fileName = r.string('the file name') ?? ''));
    else fields.push((r, d) => (d.offsetFlagAt = readOffset(r, offSize)));
    return fields;
  }

  private word(reader: ByteReader, field: string): string {
    const text = reader.string(field) ?? '';
    const known = this.words.get(text);
    if (known === undefined) this.words.set(text, text);
    return known ?? text;
  }

  private newDumpId(reader: ByteReader): number {
    const at = reader.position;
    const dumpId = reader.int('the dump id', 1);
    if (this.seen.has(dumpId)) throw reader.refuse('the dump id', `the dump id ${dumpId} of an earlier entry`, at);
    return dumpId;
  }

  /** Dump ids as decimal strings, until a null. They may name entries that are not in the archive. */
  private readDependencies(reader: ByteReader): void {
    for (;;) {
      const at = reader.position;
      const text = reader.string('the dependencies');
      if (text === null) return;
      if (!/^\d{1,10}$/.test(text)) throw reader.refuse('the dependencies', 'something else than a dump id', at);
      this.dependencies.push(Number(text));
    }
  }
}

function emptyDraft(start: number): Draft {
  return {
    dumpId: 0,
    hasData: false,
    tableOid: '',
    oid: '',
    tag: '',
    desc: '',
    section: 'none',
    definition: '',
    dropStatement: '',
    copyStatement: '',
    namespace: '',
    tablespace: '',
    tableAccessMethod: '',
    relkind: '',
    owner: '',
    dependencies: [],
    fileName: '',
    start,
    end: start,
    offsetFlagAt: -1,
  };
}

function atMost(reader: ByteReader, field: string, value: number, most: number): number {
  if (value <= most) return value;
  throw reader.refuse(field, `the number ${value}`, reader.position - 1 - reader.intSize);
}

function letter(code: number): string {
  return code === 0 ? '' : String.fromCharCode(code);
}

/** The flag byte and the offset itself, which is not used: the archive map knows better. Returns where the flag stands. */
function readOffset(reader: ByteReader, offSize: number): number {
  const at = reader.position;
  reader.skip(1 + offSize, 'the data offset');
  const flag = reader.peek(at);
  if (!OFFSET_FLAGS.includes(flag)) throw reader.refuse('the data offset', `flag ${flag}, known 1 to 3`, at);
  return at;
}
