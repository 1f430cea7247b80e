import { describe, expect, test } from '@jest/globals';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';
import { readSettings } from '../../src/inputs/read-settings.js';
import { failureReport } from '../../src/report/failure.js';
import { commandLineInputs, readCommandLine, secretsInArguments } from '../../src/terminal/command-line.js';
import { parseOptions } from '../../src/terminal/options.js';
import { input, phrase, plain, shown, theInput, type Mention } from '../../src/foundation/text.js';
import { asOption, wordingOf } from '../../src/terminal/wording.js';

/** The texts that the inputs get. */
function valuesOf(...args: string[]): Record<string, string> {
  const line = readCommandLine(args);
  if (line.kind !== 'run') throw new Error(`it is ${line.kind}`);
  return Object.fromEntries(line.values);
}

describe('arguments', () => {
  test('an input is an option of the command line, in both notations', () => {
    for (const { name } of ALL_INPUTS) {
      if (name === 'mode') continue;
      expect(valuesOf('--restore', `--${name}`, 'x y')).toEqual({ mode: 'restore', [name]: 'x y' });
      expect(valuesOf('--restore', `--${name}=x=y`)).toEqual({ mode: 'restore', [name]: 'x=y' });
    }
  });

  test('a boolean option alone is true, --no-NAME is false, a value is taken', () => {
    expect(valuesOf('--backup', '--force')).toMatchObject({ force: 'true' });
    expect(valuesOf('--restore', '--no-analyze', '--quiet', 'false')).toMatchObject({
      analyze: 'false',
      quiet: 'false',
    });
    expect(valuesOf('--force', '--backup')).toMatchObject({ mode: 'backup', force: 'true' });
  });

  test('--databases alone is the mode, with a value the patterns, of that mode where no other is asked for', () => {
    expect(valuesOf('--databases', '--source-host', 'db1')).toEqual({ mode: 'databases', 'source-host': 'db1' });
    expect(valuesOf('--databases', 'app_*')).toEqual({ mode: 'databases', databases: 'app_*' });
    expect(valuesOf('--mode', 'databases', '--databases=a', '--databases', 'b')).toMatchObject({ databases: 'a\nb' });
    expect(valuesOf('--status', '--databases', 'app_*')).toEqual({ mode: 'status', databases: 'app_*' });
    expect(() => valuesOf('--status', '--databases')).toThrow(/different modes/);
  });

  test('the last of equal options counts, but options of several lines add up', () => {
    expect(valuesOf('--backup', '--database', 'a', '--database', 'b')).toMatchObject({ database: 'b' });
    const dump = ['--dump-options', '--no-comments', '--dump-options=--exclude-table-data=app.log'];
    expect(valuesOf('--backup', ...dump)).toMatchObject({
      'dump-options': '--no-comments\n--exclude-table-data=app.log',
    });
    expect(valuesOf('--restore', '--skip-entries', 'INDEX a', '--skip-entries', 'EVENT TRIGGER')).toMatchObject({
      'skip-entries': 'INDEX a\nEVENT TRIGGER',
    });
  });

  test('the value of an option may begin with a dash, but not be an option', () => {
    expect(valuesOf('--backup', '--pg-options', '-c work_mem=1MB')).toMatchObject({ 'pg-options': '-c work_mem=1MB' });
    expect(() => valuesOf('--backup', '--source-host', '--database=x')).toThrow('`--source-host` needs a value');
  });

  test('the option --mode is the same as the flag', () => {
    expect(valuesOf('--mode', 'list')).toEqual({ mode: 'list' });
    expect(valuesOf('--mode=restore', '--restore')).toEqual({ mode: 'restore' });
  });

  test('help and version come before all other options', () => {
    expect(readCommandLine(['--help'])).toEqual({ kind: 'help', topic: null });
    expect(readCommandLine(['--backup', '--restore', '-h', 's3'])).toEqual({ kind: 'help', topic: 's3' });
    expect(readCommandLine(['-V'])).toEqual({ kind: 'version' });
  });
});

describe('--verify', () => {
  test('--verify alone is the mode', () => {
    expect(valuesOf('--verify', '--database', 'app')).toEqual({ mode: 'verify', database: 'app' });
  });

  test.each([['--restore'], ['--all'], ['--mode', 'restore']])(
    '--verify beside %s %s is the input, wherever it stands',
    (...mode) => {
      const name = mode.at(-1)?.replace('--', '');
      expect(valuesOf(...mode, '--verify', 'full')).toEqual({ mode: name, verify: 'full' });
      expect(valuesOf('--verify=false', ...mode)).toEqual({ mode: name, verify: 'false' });
      expect(valuesOf('--verify', ...mode)).toEqual({ mode: name, verify: 'true' });
      expect(valuesOf('--no-verify', ...mode)).toEqual({ mode: name, verify: 'false' });
    },
  );

  test('--verify beside another mode makes two modes', () => {
    expect(() => valuesOf('--backup', '--verify')).toThrow('`--backup` and `--verify` are different modes');
    expect(() => valuesOf('--verify', 'full', '--backup')).toThrow('neither is given');
    expect(() => valuesOf('--no-verify')).toThrow('neither is given');
  });
});

describe('what cannot be meant', () => {
  test('three modes on the command line are all named', () => {
    expect(() => valuesOf('--prune', '--all', '--list')).toThrow('`--all` and `--list` and `--prune` are different');
  });

  test('an abbreviation is not an option', () => {
    expect(() => parseOptions(['--data', 'app'])).toThrow('there is no option `--data`');
    expect(() => parseOptions(['-x'])).toThrow('there is no option `-x`');
  });

  test.each(['--json', '--list'])('%s with a value is known, and said to take none', (name) => {
    expect(() => parseOptions([`${name}=hunter2`])).toThrow(new RegExp(`^\`${name}\` takes no value$`));
  });

  test('a mode without its dashes is understood, and not taken', () => {
    expect(() => parseOptions(['backup', '--database', 'app'])).toThrow(/ no option: `backup`$/);
    // The value of an option is none.
    expect(() => parseOptions(['--database', 'backup', '--list', 'hunter2'])).toThrow(/ belongs to no option$/);
  });

  test('a message about the command line never has the text of a value', () => {
    for (const args of [['--pasword=hunter2'], ['--backup', 'hunter2'], ['--backup', '--', 'hunter2']]) {
      let message = '';
      try {
        parseOptions(args);
      } catch (error) {
        message = error instanceof Error ? error.message : '';
      }
      expect(message).toMatch(/^there is /);
      expect(message).not.toContain('hunter2');
    }
  });
});

describe('as given inputs', () => {
  const ENV = { SRC_DBNAME: 'app', SRC_PGHOST: 'h', SRC_PGUSER: 'u', S3_BUCKET: 'b' };

  /** What the program says of them. */
  function faultOf(values: ReadonlyMap<string, string>): string {
    try {
      readSettings(commandLineInputs(values, ENV));
    } catch (error) {
      return failureReport(error, asOption).message;
    }
    throw new Error('there was no fault');
  }

  test('options come before variables, and faults name the options', () => {
    const values = new Map([
      ['mode', 'backup'],
      ['database', 'other'],
    ]);
    expect(readSettings(commandLineInputs(values, ENV))).toMatchObject({ mode: 'backup', database: 'other' });
    values.set('s3-chunk-size', '3MB');
    expect(faultOf(values)).toMatch(
      /^`--s3-chunk-size` \(or environment variable `S3_CHUNK_SIZE`\): `3MB` is out of range/,
    );
    expect(() => readSettings(commandLineInputs(values, ENV))).toThrow(
      /^input `s3-chunk-size` \(or environment variable/,
    );
  });

  test('a hint calls an input by the variable that has set it, and by its option otherwise', () => {
    const values = new Map([['source-user', 'me']]);
    const wording = wordingOf(commandLineInputs(values, { ...ENV, S3_BUCKET: ' ' }));
    const words = (mention: Mention): string => shown(phrase`${mention}`, wording);
    expect(words(input('source-host'))).toBe('`SRC_PGHOST`');
    expect(words(plain('source-host'))).toBe('SRC_PGHOST');
    // The option comes before the variable, and a secret belongs into one.
    expect(words(plain('source-user'))).toBe('--source-user');
    expect(words(plain('source-password'))).toBe('SRC_PGPASSWORD');
    expect(words(plain('s3-bucket'))).toBe('--s3-bucket');
    expect(words(plain('verify'))).toBe('--verify');
    // Something to give, and the place of a fault, which names the variable itself.
    expect(words(input('database', 'app'))).toBe('`--database app`');
    expect(words(theInput('database'))).toBe('`--database`');
  });

  test('secrets among the arguments are warned of, by name', () => {
    expect(
      secretsInArguments(
        new Map([
          ['database', 'a'],
          ['source-password', ''],
        ]),
      ),
    ).toBeNull();
    const warning = secretsInArguments(
      new Map([
        ['source-password', 'hunter2'],
        ['aws-secret-access-key', 'hunter2'],
      ]),
    );
    expect(warning).toMatch(
      /`--source-password`, `--aws-secret-access-key`: set SRC_PGPASSWORD, AWS_SECRET_ACCESS_KEY in/,
    );
    expect(warning).not.toContain('hunter2');
  });
});
