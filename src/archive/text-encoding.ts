/** Decodes the strings of a TOC, the bytes [start, end) or all: pg_dump writes them in the client encoding that the ENCODING entry names. */
export type DecodeText = (bytes: Buffer, start?: number, end?: number) => string;

/** Names of the WHATWG Encoding Standard for PostgreSQL's ("Character Set Support") that TextDecoder knows. */
const WHATWG_NAMES: Readonly<Record<string, string>> = {
  LATIN2: 'iso-8859-2',
  LATIN3: 'iso-8859-3',
  LATIN4: 'iso-8859-4',
  LATIN5: 'iso-8859-9',
  LATIN6: 'iso-8859-10',
  LATIN7: 'iso-8859-13',
  LATIN8: 'iso-8859-14',
  LATIN9: 'iso-8859-15',
  LATIN10: 'iso-8859-16',
  ISO_8859_5: 'iso-8859-5',
  ISO_8859_6: 'iso-8859-6',
  ISO_8859_7: 'iso-8859-7',
  ISO_8859_8: 'iso-8859-8',
  KOI8R: 'koi8-r',
  KOI8U: 'koi8-u',
  WIN866: 'ibm866',
  WIN874: 'windows-874',
  EUC_JP: 'euc-jp',
  EUC_KR: 'euc-kr',
  EUC_CN: 'gbk',
  GBK: 'gbk',
  GB18030: 'gb18030',
  BIG5: 'big5',
  SJIS: 'shift_jis',
};

/** What is no UTF-8 becomes U+FFFD; nothing is thrown. */
export const decodeUtf8: DecodeText = (bytes, start, end) => bytes.toString('utf8', start, end);

/** For the definition of an ENCODING entry, `SET client_encoding = 'LATIN1';`. What is not known is taken for UTF-8. */
export function decoderFor(definition: string): DecodeText {
  const name = encodingName(definition);
  if (name === 'LATIN1') return (bytes, start, end) => bytes.toString('latin1', start, end);
  const label = WHATWG_NAMES[name] ?? (/^WIN125\d$/.test(name) ? name.replace('WIN', 'windows-') : undefined);
  if (label === undefined) return decodeUtf8;
  const decoder = new TextDecoder(label, { ignoreBOM: true });
  return (bytes, start, end) => decoder.decode(bytes.subarray(start, end));
}

/** The bytes of a text in the encoding of a definition as above; null for what cannot be told: of others than UTF-8 more than ASCII. */
export function encoderFor(definition: string): (text: string) => Buffer | null {
  const isUtf8 = ['UTF8', 'SQL_ASCII'].includes(encodingName(definition));
  return (text) => (isUtf8 || /^[\x20-\x7e]*$/.test(text) ? Buffer.from(text) : null);
}

/** As PostgreSQL calls it. */
export function encodingName(definition: string): string {
  return /client_encoding = '([^']*)'/.exec(definition)?.[1]?.toUpperCase() ?? 'UTF8';
}
