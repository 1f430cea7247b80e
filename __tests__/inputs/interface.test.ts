import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { parseAction, updatedAction } from '../../scripts/action-yml.js';
import { descriptionEnd } from '../../scripts/input-words.js';
import { examplesIn, updatedReadme } from '../../scripts/readme-tables.js';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';

/** Names that users, examples and tests rely on: input and environment variables. */
const INTERFACE: Record<string, string> = {
  mode: '',
  database: 'SRC_DBNAME',
  'backup-name': 'BACKUP_NAME',
  'dry-run': 'DRY_RUN',
  'source-host': 'SRC_PGHOST',
  'source-port': 'SRC_PGPORT',
  'source-user': 'SRC_PGUSER',
  'source-password': 'SRC_PGPASSWORD',
  'source-url': 'SRC_URL',
  'source-sslmode': 'PGSSLMODE',
  'target-host': 'DST_PGHOST',
  'target-port': 'DST_PGPORT',
  'target-user': 'DST_PGUSER',
  'target-password': 'DST_PGPASSWORD',
  'target-database': 'DST_DBNAME',
  'target-url': 'DST_URL',
  'target-sslmode': 'PGSSLMODE',
  'ssl-root-cert': 'PGSSLROOTCERT',
  's3-bucket': 'S3_BUCKET',
  's3-prefix': 'S3_PREFIX',
  's3-uri': 'S3_URI',
  's3-region': 'AWS_REGION AWS_DEFAULT_REGION',
  's3-endpoint': 'S3_ENDPOINT_URL AWS_ENDPOINT_URL_S3 AWS_ENDPOINT_URL',
  's3-force-path-style': 'AWS_S3_FORCE_PATH_STYLE',
  's3-verify-ssl': 'AWS_NO_VERIFY_SSL',
  'aws-access-key-id': 'AWS_ACCESS_KEY_ID',
  'aws-secret-access-key': 'AWS_SECRET_ACCESS_KEY',
  'aws-session-token': 'AWS_SESSION_TOKEN',
  'aws-role': 'AWS_ROLE_ARN',
  'aws-role-duration': '',
  's3-chunk-size': 'S3_CHUNK_SIZE',
  's3-max-retries': 'S3_MAX_RETRIES',
  's3-sse': 'S3_SSE',
  's3-sse-kms-key-id': 'S3_SSE_KMS_KEY_ID',
  's3-storage-class': 'S3_STORAGE_CLASS',
  's3-tags': 'S3_TAGS',
  's3-expected-bucket-owner': 'S3_EXPECTED_BUCKET_OWNER',
  'encrypt-to': 'ENCRYPT_TO',
  'decrypt-with': 'DECRYPT_WITH',
  'local-directory': 'LOCAL_DIRECTORY',
  'pg-container': 'PG_CONTAINER',
  'pg-image': 'PG_BASE_IMG',
  'pg-client': 'PG_CLIENT',
  'container-runtime': 'CONTAINER_RUNTIME',
  'pg-options': 'PGOPTIONS',
  'dump-compress': 'DUMP_COMPRESS',
  'dump-jobs': 'DUMP_JOBS',
  'dump-options': '',
  only: '',
  'skip-entries': '',
  'keep-tablespaces': '',
  'keep-access-methods': '',
  'keep-subscriptions': '',
  'keep-database-settings': '',
  'role-map': '',
  'restore-jobs': 'RESTORE_JOBS',
  'slice-size': 'SLICE_SIZE',
  'retry-minutes': 'RETRY_MINUTES',
  'time-limit': 'TIME_LIMIT',
  'index-strategy': 'INDEX_STRATEGY',
  'validate-foreign-keys': '',
  'index-strategy-overrides': '',
  'temp-budget': 'TEMP_BUDGET',
  analyze: '',
  verify: '',
  'keep-owner': '',
  'keep-privileges': '',
  confirm: '',
  'keep-last': '',
  'keep-days': '',
  'keep-daily': '',
  'keep-weekly': '',
  'keep-monthly': '',
  'keep-proven': '',
  'record-proof': '',
  config: 'PHASELIFT_CONFIG',
  databases: '',
  'exclude-databases': '',
  'max-age': '',
  'max-shrink': '',
  force: 'FORCE',
  'skip-checks': 'SKIP_CHECKS',
  'show-progress': 'SHOW_PROGRESS',
  quiet: 'QUIET',
  debug: 'DEBUG',
  summary: '',
};

const OUTPUTS = [
  'backup-uri',
  'backup-name',
  'manifest-uri',
  'size-bytes',
  'table-count',
  'row-count',
  'duration-seconds',
  'phases',
  'resumed',
  'finished',
  'backups',
  'contents',
  'matrix',
  'due-count',
  'status',
  'roles',
  'drill',
  'plan',
];

const README = ['inputs', 'outputs', 'dump-options']
  .map((name) => `# ${name}\n<!-- ${name}:start -->\nold\n<!-- ${name}:end -->\n`)
  .join('');

const text = await readFile('action.yml', 'utf8');
const action = parseAction(text);

describe('the names of the interface', () => {
  test('the table has each input with its variables, and no other', () => {
    expect(Object.fromEntries(ALL_INPUTS.map(({ name, env }) => [name, env.join(' ')]))).toEqual(INTERFACE);
  });

  test('action.yml declares the same inputs in the same order', () => {
    expect(Object.keys(action.inputs)).toEqual(ALL_INPUTS.map(({ name }) => name));
  });

  test('action.yml declares every output', () => {
    expect(Object.keys(action.outputs)).toEqual(OUTPUTS);
  });

  test.each(ALL_INPUTS.map((definition) => [definition.name, definition] as const))(
    'the description of %s ends with its variables and its default',
    (name, definition) => {
      const description = action.inputs[name]?.description ?? '';
      expect(description.endsWith(descriptionEnd(definition))).toBe(true);
      expect(description).not.toMatch(/[\r\n]/);
      for (const variable of definition.env) expect(description).toContain(`\`${variable}\``);
    },
  );

  test('a default in action.yml is refused, as it would come before the variable', () => {
    expect(() => parseAction('inputs: {force: {description: x, default: "false"}}\noutputs: {}')).toThrow('default');
  });

  test('action.yml is what the tables make of it', () => {
    expect(updatedAction(text)).toBe(text);
  });

  test('no description has an expression, which runners evaluate or refuse', () => {
    expect(text).not.toContain('${{');
  });

  test('the default that a description writes down is what holds', () => {
    for (const { name, fallback, parse } of ALL_INPUTS) {
      const { written } = fallback;
      if (written === null) continue;
      expect({ name, text: fallback.text, parsed: parse(written) }).toEqual({
        name,
        text: `\`${written}\``,
        parsed: { value: fallback.value },
      });
    }
  });

  test('the secrets are those inputs, and no others', () => {
    expect(ALL_INPUTS.filter(({ secret }) => secret).map(({ name }) => name)).toEqual([
      'source-password',
      'source-url',
      'target-password',
      'target-url',
      'aws-access-key-id',
      'aws-secret-access-key',
      'aws-session-token',
      'decrypt-with',
    ]);
  });
});

describe('the tables of the README', () => {
  const updated = updatedReadme(README);

  test('the tables of the README have a row for each input and each output', () => {
    for (const name of [...Object.keys(INTERFACE), ...OUTPUTS]) expect(updated).toContain(`| \`${name}\` |`);
    expect(updated).toContain(
      '| `source-port` | `SRC_PGPORT` | `5432` | Its port. For `backup`, `all`, `databases`, `status` and `roles`. |',
    );
    expect(updated).toContain('| `s3-verify-ssl` | `AWS_NO_VERIFY_SSL` (inverse) | `true` |');
    expect(updated).toContain('`--exclude-table-data=…`');
    expect(updated).not.toMatch(/^old$/m);
  });

  test('the tables of the README are the same when made again', () => {
    expect(updatedReadme(updated)).toBe(updated);
  });

  test('the tables of the README stand beside examples in full', () => {
    const readme = `${README}<!-- examples/a.yml:start -->\nold\n<!-- examples/a.yml:end -->\n`;
    expect(examplesIn(readme)).toEqual(['a.yml']);
    const shown = updatedReadme(readme, new Map([['a.yml', 'on: push # $& and all\n']]));
    expect(shown).toContain('```yaml\non: push # $& and all\n```\n');
    expect(shown).not.toMatch(/^old$/m);
  });

  test('the tables of the README need their markers', () => {
    expect(() => updatedReadme('# README')).toThrow('<!-- inputs:start -->');
  });
});
