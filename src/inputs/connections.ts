/** From the inputs of one side, source or target, to the connection of that side. */
import { input, joined, phrase } from '../foundation/text.js';
import type { Connection } from '../postgres/connection.js';
import type { ConnectionUrl, SslMode } from './connection-url.js';
import type { InputDefinition } from './input-definition.js';
import { INPUTS } from './input-table.js';
import { quoted } from './parser.js';
import type { InputReader, Reading } from './reader.js';
import { identifierFault, name } from './scalars.js';

/** The inputs of one side. */
interface SideInputs {
  what: 'source' | 'target';
  host: InputDefinition<string | null>;
  port: InputDefinition<number>;
  user: InputDefinition<string | null>;
  password: InputDefinition<string | null>;
  database: InputDefinition<string | null>;
  url: InputDefinition<ConnectionUrl | null>;
  sslMode: InputDefinition<SslMode | null>;
}

const SOURCE: SideInputs = {
  what: 'source',
  host: INPUTS.sourceHost,
  port: INPUTS.sourcePort,
  user: INPUTS.sourceUser,
  password: INPUTS.sourcePassword,
  database: INPUTS.database,
  url: INPUTS.sourceUrl,
  sslMode: INPUTS.sourceSslMode,
};

const TARGET: SideInputs = {
  what: 'target',
  host: INPUTS.targetHost,
  port: INPUTS.targetPort,
  user: INPUTS.targetUser,
  password: INPUTS.targetPassword,
  database: INPUTS.targetDatabase,
  url: INPUTS.targetUrl,
  sslMode: INPUTS.targetSslMode,
};

/** Where to back up from. Its database is that of the URL where the input names none; `fallback`, where nobody has to. */
export function readSource(reader: InputReader, fallback: string | null = null): Connection {
  const { url, connection } = readSide(reader, SOURCE);
  const database = chosenDatabase(reader, SOURCE, url) ?? fallback;
  // A URL that cannot be read may name the database, so nobody can say that it is missing.
  const unknown = isGiven(url) && url.value === null;
  if (database === null && !unknown && reader.originOf(INPUTS.database).from === 'default')
    reader.missing(INPUTS.database, DATABASE);
  checkLength(reader, inputOfDatabase(reader, SOURCE, url), database);
  return { ...connection, database: database ?? '' };
}

/** Where to restore to; `database` is the name when neither input nor URL has one. */
export function readTarget(reader: InputReader, database: string): Connection {
  const { url, connection } = readSide(reader, TARGET);
  const unknown = isGiven(url) && url.value === null;
  const chosen = chosenDatabase(reader, TARGET, url);
  // In mode `all` the source was read first, and a fault in the name of its database has been reported there.
  const fallback = unknown || reader.value(INPUTS.mode) === 'all' ? null : database;
  checkLength(reader, inputOfDatabase(reader, TARGET, url), chosen ?? fallback);
  return { ...connection, database: chosen ?? (unknown ? '' : database) };
}

/** Names that the server would cut: it would be another database or role than the one that every message names. */
function checkLength(reader: InputReader, place: InputDefinition<unknown>, text: string | null, what = ''): void {
  const fault = text === null ? null : identifierFault(text);
  if (fault !== null) reader.wrong(place, `${what}${fault}`);
}

/** Where the name of a side's database comes from: its input, the URL, or (of a target) the database of the backup. */
function inputOfDatabase(
  reader: InputReader,
  side: SideInputs,
  url: Reading<ConnectionUrl | null>,
): InputDefinition<unknown> {
  const { from } = reader.originOf(side.database);
  const inUrl = url.value?.database ?? null;
  if (inUrl !== null && (from === 'default' || (from === 'environment' && url.origin.from === 'input')))
    return side.url;
  return from === 'default' ? SOURCE.database : side.database;
}

/** What `database` is, for the message that it is missing. */
export const DATABASE = 'the name of the database';

function readSide(
  reader: InputReader,
  side: SideInputs,
): { url: Reading<ConnectionUrl | null>; connection: Connection } {
  const url = chosenUrl(reader, side);
  const said = url.value;
  const tls = {
    sslMode: agreed(reader, side.sslMode, url, said?.sslMode ?? null, side.url, 'sslmode'),
    sslRootCert: agreed(reader, INPUTS.sslRootCert, url, said?.sslRootCert ?? null, side.url, 'sslrootcert'),
  };
  // libpq refuses anything weaker together with the certificates of the system.
  if (tls.sslRootCert === 'system' && tls.sslMode !== null && tls.sslMode !== 'verify-full') {
    reader.wrong(
      side.sslMode,
      phrase`${quoted(tls.sslMode)} is too weak for ${input('ssl-root-cert', 'system')}: use \`verify-full\``,
    );
  }
  if (isGiven(url)) {
    const missing = said === null ? [] : (['host', 'user'] as const).filter((part) => said[part] === null);
    if (missing.length > 0) {
      reader.wrong(
        side.url,
        `it names no ${missing.join(' and no ')}: write it like \`postgres://user:password@host/database\``,
      );
    }
    checkLength(reader, side.url, said?.user ?? null, 'its user: ');
    const { host, port, user, password } = said ?? { host: null, port: null, user: null, password: null };
    const place = { host: host ?? '', port: port ?? 5432, user: user ?? '', password, database: '' };
    return { url, connection: { ...place, ...tls, ...(said === null ? {} : { parameters: said.parameters }) } };
  }
  checkLength(reader, side.user, reader.value(side.user));
  const connection = {
    host: reader.required(side.host, phrase`the host of the ${side.what} server (or use ${input(side.url.name)})`),
    port: reader.value(side.port),
    user: reader.required(side.user, `the user to log in to the ${side.what} server`),
    password: reader.value(side.password),
    database: '',
    ...tls,
  };
  return { url, connection };
}

/**
 * The URL when it counts. Given together with the inputs that it stands for, one of them would be ignored: an error,
 * unless what is ignored was left in the environment and the other was asked for.
 */
function chosenUrl(reader: InputReader, side: SideInputs): Reading<ConnectionUrl | null> {
  const fromEnvironment = reader.originOf(side.url).from === 'environment';
  if (fromEnvironment && reader.originOf(side.host).from === 'input') {
    return { value: null, origin: { from: 'default' } };
  }
  const url = reader.read(side.url);
  if (!isGiven(url)) return url;
  const rivals = [side.host, side.port, side.user, side.password].filter((part) => {
    const { from } = reader.originOf(part);
    return from === 'input' || (fromEnvironment && from === 'environment');
  });
  if (rivals.length === 0) return url;
  const names = joined(
    rivals.map((part) => reader.name(part)),
    ', ',
  );
  reader.wrong(side.url, phrase`both the URL and ${names} are given: keep one or the other`);
  return url;
}

/** The database that the input and the URL agree on; an input beats the environment, two of the same kind must not differ. */
function chosenDatabase(reader: InputReader, side: SideInputs, url: Reading<ConnectionUrl | null>): string | null {
  const given = reader.read(side.database);
  const inUrl = url.value?.database ?? null;
  const checked = inUrl === null ? null : name(inUrl);
  if (checked !== null && 'faults' in checked) {
    for (const fault of checked.faults) reader.wrong(side.url, phrase`its database: ${fault}`);
  }
  if (inUrl === null || given.value === null || inUrl === given.value) return given.value ?? inUrl;
  if (url.origin.from !== given.origin.from) return given.origin.from === 'input' ? given.value : inUrl;
  reader.wrong(
    side.database,
    phrase`it is ${quoted(given.value)}, and the database in ${input(side.url.name)} is ${quoted(inUrl)}: name one of them`,
  );
  return given.value;
}

/** What an input and a parameter of the URL agree on, by the same rule. */
function agreed<T extends string>(
  reader: InputReader,
  definition: InputDefinition<T | null>,
  url: Reading<unknown>,
  inUrl: T | null,
  urlDefinition: InputDefinition<unknown>,
  parameter: string,
): T | null {
  const given = reader.read(definition);
  if (inUrl === null || given.value === null || inUrl === given.value) return inUrl ?? given.value;
  if (url.origin.from !== given.origin.from) return given.origin.from === 'input' ? given.value : inUrl;
  // PGSSLMODE beside a URL of the environment is a default for all connections; the URL speaks of this one.
  if (given.origin.from === 'environment') return inUrl;
  reader.wrong(definition, phrase`\`${parameter}\` in ${input(urlDefinition.name)} says otherwise: name one of them`);
  return given.value;
}

function isGiven(reading: Reading<unknown>): boolean {
  return reading.origin.from !== 'default';
}
