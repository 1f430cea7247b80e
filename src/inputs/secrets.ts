import type { GivenInputs } from './given-inputs.js';
import { ALL_INPUTS, INPUTS } from './input-table.js';

/** Inputs whose values are URLs with a password inside, or might be by mistake. */
const URLS: readonly { name: string; env: readonly string[] }[] = [
  INPUTS.sourceUrl,
  INPUTS.targetUrl,
  INPUTS.s3Endpoint,
];

/**
 * Everything that must be masked, before anything prints: secret inputs and their environment variables (also those that do
 * not count this time), as given, percent-encoded, the passwords inside of connection URLs as written and decoded, and private keys among
 * certificates. Values
 * of several lines come a line at a time, as logs show them. Never empty strings; works on any text and never throws.
 */
export function secretsOf(given: GivenInputs): string[] {
  const secrets = new Set<string>();
  const add = (text: string) => {
    for (const form of [text, text.trim()]) {
      for (const one of [...form.split(/\r?\n/), ...encoded(form.replaceAll('\r', '')).split('%0A')]) {
        if (one.trim() !== '') secrets.add(one);
      }
    }
  };
  for (const definition of ALL_INPUTS.filter((one) => one.secret)) valuesOf(given, definition).forEach(add);
  for (const text of valuesOf(given, INPUTS.sslRootCert)) privateKeysIn(text).forEach(add);
  for (const url of URLS.flatMap((definition) => valuesOf(given, definition))) {
    for (const password of passwordsIn(url)) {
      add(password);
      add(decoded(password));
    }
  }
  return [...secrets];
}

/** The text of private keys that somebody gives with a certificate, without the lines that all keys have. */
function privateKeysIn(text: string): string[] {
  const lines = text.replaceAll(String.raw`\n`, '\n'); // as some variables hold them
  const keys = lines.matchAll(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----([^]*?)(?:-----END \1-----|$)/gu);
  return [...keys].flatMap((match) => (match[2] ?? '').split(/\r?\n/)).map((line) => line.trim());
}

function valuesOf(given: GivenInputs, input: { name: string; env: readonly string[] }): string[] {
  return [given.get(input.name), ...input.env.map((variable) => given.env[variable] ?? '')].filter(
    (text) => text.trim() !== '',
  );
}

/**
 * The passwords of a URL as they are written. This finds more than a URL parser does: a password that is not encoded may hold
 * `/`, `?`, `#` or `@`. Such a URL is refused later, and until then nothing of the password may be seen.
 */
function passwordsIn(url: string): string[] {
  const inAuthority = /^\s*[a-z0-9+]+:\/\/[^:@/]*:(.*)@/isu.exec(url)?.[1] ?? '';
  const strict = /^\s*[a-z0-9+]+:\/\/[^:@/]*:([^@/?#]*)@/iu.exec(url)?.[1] ?? '';
  const inQuery = [
    ...url.matchAll(/[?&](?:(?:ssl)?password|oauth_client_secret|scram_(?:client|server)_key)=([^&#\s]*)/giu),
  ].map((match) => match[1] ?? '');
  return [inAuthority, strict, ...inQuery].filter((password) => password !== '');
}

function encoded(text: string): string {
  // A lone surrogate cannot be encoded, and would throw.
  return encodeURIComponent(text.toWellFormed());
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
