import { formatError } from './archive-errors.js';

/** One large object of a directory archive: its oid, and the file with its contents. */
export interface LargeObjectFile {
  oid: number;
  file: string;
}

/** What pg_dump writes; the name never leads out of the directory. Source: _EndLO of pg_backup_directory.c. */
const LINE = /^(\d{1,10}) (blob_\d{1,10}\.dat)$/;
const MAX_OID = 0xffff_ffff;
const MAX_LINE_BYTES = 100;

/**
 * The large objects that a list (`blobs.toc`, or `blobs_123.toc`) names, in its order. Throws ARCHIVE_FORMAT, naming the
 * list, for anything else. Buffering: one line; a list may be of millions.
 */
export async function* largeObjectsIn(list: AsyncIterable<Buffer>, name: string): AsyncGenerator<LargeObjectFile> {
  let rest = '';
  let at = 0;
  const parse = (line: string): LargeObjectFile => {
    const [, oid, file] = LINE.exec(line) ?? [];
    const number = Number(oid);
    if (file === undefined || number === 0 || number > MAX_OID) {
      throw formatError(at, `the list of large objects ${name}`, 'a line that pg_dump does not write');
    }
    at += line.length + 1;
    return { oid: number, file };
  };
  for await (const bytes of list) {
    const lines = (rest + bytes.toString('latin1')).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) yield parse(line);
    if (rest.length > MAX_LINE_BYTES) parse(rest);
  }
  // A list that was cut in the middle of a line, which would be another object's.
  if (rest !== '') throw formatError(at, `the list of large objects ${name}`, 'a line that has no end');
}
