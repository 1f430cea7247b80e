/**
 * `npm run demo`: a throw-away PostgreSQL and an S3 in memory on this machine, a sample database of about 100 MB, and the
 * built action with `mode: all`, started as GitHub's runner would start it. Leaves nothing behind.
 */
import { readFile } from 'node:fs/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { dumpText } from './dump-text.js';
import { plainSummary } from './plain-summary.js';
import { testbedScript } from './places.js';
import { startPostgres } from './postgres.js';
import { runAction, type ActionResult } from './runner.js';
import { parseAnnotation } from './runner-commands.js';
import { startS3 } from './s3.js';

const SOURCE = 'shop';
const TARGET = 'shop_restored';
const BUCKET = 'demo';
/** A plain role, as managed servers give it: it owns its database, may make others, and is no superuser. */
const OWNER = { user: 'shop_owner', password: 'not-a-secret' };

let cancel: () => void = () => process.exit(130);
process.on('SIGINT', () => {
  cancel();
});

heading('A database to lose');
const [postgres, s3] = await Promise.all([
  startPostgres({ settings: { shared_buffers: '256MB', log_temp_files: '0' } }),
  startS3('fauxqs'),
]).catch((error: unknown) => {
  // It names what to install: a stack above it would hide that.
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
try {
  const version = await postgres.psql('postgres', 'SHOW server_version');
  say(`PostgreSQL ${version} on ${postgres.host}:${postgres.port}, S3 (fauxqs, in memory) on ${s3.endpoint}`);
  await fillSource();
  await makeBucket();

  heading('The action: mode all, a backup and then a restore of it');
  const result = await runTheAction();

  heading('Its job summary');
  console.log(result.summary.trim() === '' ? '(none)' : plainSummary(result.summary));
  heading('Its outputs');
  for (const [name, value] of Object.entries(result.outputs)) say(`${name} = ${value}`);

  process.exitCode = result.exitCode ?? 1;
  if (result.exitCode === 0) {
    heading('Are they the same?');
    if (!(await bothAreTheSame())) process.exitCode = 1;
  } else {
    heading(`The action failed with ${result.signal ?? `exit code ${String(result.exitCode)}`}`);
  }
} finally {
  await Promise.all([postgres.stop(), s3.stop()]);
}
say('\nStopped and removed what was started.');
process.exit();

async function fillSource(): Promise<void> {
  const { user, password } = OWNER;
  await postgres.psql('postgres', `CREATE ROLE ${user} LOGIN CREATEDB PASSWORD '${password}';`);
  await postgres.psql('postgres', `CREATE DATABASE ${SOURCE} OWNER ${user} TEMPLATE template0;`);
  const startedAt = performance.now();
  await postgres.psql(SOURCE, await readFile(testbedScript('sample/sample.sql'), 'utf8'), OWNER);
  const [size, tables, indexes] = (
    await postgres.psql(
      SOURCE,
      `SELECT pg_size_pretty(pg_database_size('${SOURCE}')), pg_size_pretty(sum(pg_table_size(oid))),
              pg_size_pretty(sum(pg_indexes_size(oid)))
       FROM pg_class WHERE relkind IN ('r', 'm') AND relnamespace = 'shop'::regnamespace`,
    )
  ).split('|');
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  say(`Database "${SOURCE}" filled in ${seconds} s: ${size}, of it tables ${tables}, indexes ${indexes}`);
}

async function makeBucket(): Promise<void> {
  const credentials = { accessKeyId: s3.accessKey, secretAccessKey: s3.secretKey };
  const client = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  client.destroy();
}

async function runTheAction(): Promise<ActionResult> {
  const inputs = {
    mode: 'all',
    database: SOURCE,
    'source-host': postgres.host,
    'source-port': String(postgres.port),
    'source-user': OWNER.user,
    'source-password': OWNER.password,
    'target-host': postgres.host,
    'target-port': String(postgres.port),
    'target-user': OWNER.user,
    'target-password': OWNER.password,
    'target-database': TARGET,
    's3-bucket': BUCKET,
    's3-endpoint': s3.endpoint,
    'aws-access-key-id': s3.accessKey,
    'aws-secret-access-key': s3.secretKey,
    'restore-jobs': '2',
  };
  const shown = Object.entries(inputs).filter(([name]) => !/password|secret/.test(name));
  say(`${shown.map(([name, value]) => `  ${name}: ${value}`).join('\n')}\n`);
  const path = `${postgres.programs}:${process.env['PATH'] ?? ''}`;
  const action = await runAction({ with: inputs, env: { PATH: path } });
  cancel = () => {
    action.kill('SIGINT');
  };
  action.onLine(showLogLine);
  const result = await action.done;
  if (result.stderr !== '') process.stderr.write(result.stderr);
  return result;
}

/** Shows a line of the log about as GitHub's page does. */
function showLogLine(line: string): void {
  const annotation = parseAnnotation(line);
  if (annotation) say(`${annotation.level.toUpperCase()}: ${annotation.message}`);
  else if (line.startsWith('::group::')) say(`▾ ${line.slice('::group::'.length)}`);
  else if (line.startsWith('::debug::')) say(line.slice('::debug::'.length));
  else if (!/^::[a-z-]+( .*?)?::/.test(line)) say(`  ${line}`);
}

async function bothAreTheSame(): Promise<boolean> {
  const [source = [], target = []] = (
    await Promise.all([SOURCE, TARGET].map((database) => dumpText(postgres, database)))
  ).map((text) => text.split('\n'));
  const at = source.findIndex((line, i) => line !== target[i]);
  if (at < 0 && source.length === target.length) {
    say(`Yes: pg_dump of "${SOURCE}" and of "${TARGET}" are the same ${source.length.toLocaleString('en')} lines.`);
    return true;
  }
  const line = at < 0 ? source.length : at;
  say(`No: from line ${line + 1} on pg_dump of "${SOURCE}" and of "${TARGET}" differ:`);
  for (const text of source.slice(line, line + 5)) say(`- ${text}`);
  for (const text of target.slice(line, line + 5)) say(`+ ${text}`);
  return false;
}

function heading(text: string): void {
  console.log(`\n━━ ${text} ${'━'.repeat(Math.max(0, 100 - text.length))}\n`);
}

function say(text: string): void {
  console.log(text);
}
