import { phrase, plain, type Text } from '../foundation/text.js';

/** How many of the first bytes are enough to tell what it is: a tar header is the longest of them. */
export const FOREIGN_SAMPLE_BYTES = 512;

const SIGNATURES: readonly { bytes: string; what: Text }[] = [
  { bytes: '1f8b', what: 'gzip data (a compressed dump: unpack it with gunzip first)' },
  { bytes: '28b52ffd', what: 'zstd data (a compressed dump: unpack it with zstd -d first)' },
  { bytes: '04224d18', what: 'lz4 data (a compressed dump: unpack it with lz4 -d first)' },
  { bytes: '425a68', what: 'bzip2 data (a compressed dump: unpack it with bunzip2 first)' },
  { bytes: 'fd377a585a00', what: 'xz data (a compressed dump: unpack it with unxz first)' },
  {
    bytes: '6167652d656e6372',
    what: phrase`a file that is encrypted by age: give the identity that opens it (${plain('decrypt-with')})`,
  },
  { bytes: '504b0304', what: 'a zip file' },
  { bytes: 'fffe', what: 'text in UTF-16 (a dump redirected by PowerShell?)' },
];

/** What bytes that do not begin with PGDMP look like; null when nothing known. */
export function describeForeignBytes(sample: Buffer): Text | null {
  if (sample.toString('latin1', 257, 262) === 'ustar' || sample.toString('latin1', 0, 8) === 'toc.dat\0') {
    return 'a tar archive (pg_dump --format=tar, or a packed directory archive)';
  }
  const hex = sample.toString('hex', 0, 8);
  const known = SIGNATURES.find(({ bytes }) => hex.startsWith(bytes));
  if (known !== undefined) return known.what;
  const text = sample.toString('latin1').trimStart();
  if (/^<(\?xml|!doctype|html)/i.test(text)) return 'an XML or HTML page (an error message of a server?)';
  if (text.startsWith('{')) return 'JSON (a manifest?)';
  if (/^(--|\/\*|\\|(set|select|create|begin|drop|insert|copy)\b)/i.test(text)) {
    return 'plain SQL text (pg_dump --format=plain: load it with psql)';
  }
  return null;
}
