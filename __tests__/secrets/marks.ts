/** Secrets that can be told from all else, and the forms in which a careless program could show them. */

/** A secret with characters that URLs, shells, SQL, JSON and connection strings write differently. */
export function marked(name: string): string {
  return `MARK${name.toUpperCase()}k p@ss:w/rd%41'"\\ü$x MARK${name.toUpperCase()}end`;
}

/** A secret without such characters, for keys. */
export function markedKey(name: string): string {
  return `MARK${name.toUpperCase()}0123456789+abcdef/ghijklmnopqrstuvw`;
}

/** The forms of a secret that are looked for: as it is, line by line, and as encodings and quotations write it. */
export function formsOf(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const lines = secret.split(/\r?\n/).filter((line) => line.trim().length > 4);
  return [
    ...new Set([
      ...[secret, ...lines].flatMap((text) => [
        text,
        encodeURIComponent(text),
        encodeURI(text),
        JSON.stringify(text).slice(1, -1),
        text.replaceAll("'", "''"),
        text.replaceAll("'", String.raw`'\''`),
        text.replaceAll('\\', String.raw`\\`).replaceAll("'", String.raw`\'`),
        text.replaceAll('%', '%25'),
      ]),
      ...['base64', 'base64url', 'hex'].map((encoding) =>
        bytes.toString(encoding as BufferEncoding).replace(/=+$/, ''),
      ),
    ]),
  ];
}

/** A place in which something was written, and what. */
export interface Place {
  name: string;
  text: string;
}

/** `password in summary`, a line for each secret and place that has it. */
export function found(secrets: Readonly<Record<string, string>>, places: readonly Place[]): string[] {
  return Object.entries(secrets).flatMap(([secret, value]) =>
    places
      .filter(({ text }) => formsOf(value).some((form) => text.includes(form)))
      .map(({ name }) => `${secret} in ${name}`),
  );
}
