import { EventEmitter } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { NO_KEYS } from '../../src/age/keys.js';
import { AS_BUCKET_SAYS } from '../../src/store/s3/at-rest.js';
import { readLeftovers, SavedLeftovers } from '../../src/commands/leftovers.js';
import { RunRecorder } from '../../src/report/run-recorder.js';
import { leftBehind } from '../../src/terminal/left-behind.js';
import { maskerOf } from '../../src/terminal/masker.js';
import { jsonOutputs, resultLines } from '../../src/terminal/result-lines.js';
import { Screen } from '../../src/terminal/screen.js';
import { TerminalLogger } from '../../src/terminal/terminal-logger.js';

/** A stream that keeps what is written. */
class Sink extends EventEmitter {
  text = '';
  constructor(
    readonly isTTY: boolean,
    readonly columns = 80,
  ) {
    super();
  }
  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

function screenWith({ tty = false, env = {}, secrets = [] as string[] } = {}) {
  const [stdout, stderr] = [new Sink(tty), new Sink(tty)];
  return { screen: new Screen(stdout, stderr, env, maskerOf(secrets)), stdout, stderr };
}

describe('masking', () => {
  test('a mask covers the longest secret first, wherever it stands', () => {
    const mask = maskerOf(['abc', 'abcdef', 'x.y*']);
    expect(mask('abcdef abc postgres://u:x.y*@h xxyy')).toBe('*** *** postgres://u:***@h xxyy');
  });

  test('a mask covers percent-encoding in either case, and what the log makes of a secret', () => {
    const mask = maskerOf(['p:/w', 'p%3A%2Fw', 'tab\there']);
    expect(mask('p%3A%2Fw p%3a%2fw tab here')).toBe('*** *** ***');
  });

  test('a mask leaves one or two characters, which stand in any text by chance', () => {
    expect(maskerOf(['a', 'ab', ' '])('a table of ab')).toBe('a table of ab');
  });
});

describe('lines from outside', () => {
  test('a line from outside cannot move the cursor, forge a line, or start a command', () => {
    const { screen, stderr, stdout } = screenWith();
    screen.log('\x1b[2Kname\r\nerror: forged');
    screen.log('::error::forged');
    screen.result('a\x1b]0;title\x07b\x9bK');
    expect(stderr.text.split('\n')).toEqual(['name\\r\\nerror: forged', ': :error::forged', '']);
    expect(`${stdout.text}${stderr.text}`).not.toMatch(/[\x1b\x07\x9b\r]/); // eslint-disable-line no-control-regex
  });

  test('a line from outside cannot hide a secret behind a sequence', () => {
    const { screen, stderr } = screenWith({ secrets: ['hunter2'] });
    screen.log('hunt\x1b[0mer2');
    expect(stderr.text).toBe('***\n');
  });
});

describe('the log', () => {
  test.each([
    ['a terminal', { tty: true }, true],
    ['NO_COLOR', { tty: true, env: { NO_COLOR: '1' } }, false],
    ['an empty NO_COLOR', { tty: true, env: { NO_COLOR: '' } }, true],
    ['a dumb terminal', { tty: true, env: { TERM: 'dumb' } }, false],
    ['a file', {}, false],
  ])('the log has colours or none for %s', (_name, options, coloured) => {
    const { screen, stderr } = screenWith(options);
    new TerminalLogger(screen, { quiet: false, debug: false, infoIsResult: false }).warning('careful', 'here');
    expect(stderr.text.includes('\x1b[')).toBe(coloured);
    expect(stderr.text).toContain('warning: here: careful');
  });

  test('the quiet log leaves warnings; a listing goes to stdout all the same', () => {
    const { screen, stdout, stderr } = screenWith();
    const log = new TerminalLogger(screen, { quiet: true, debug: false, infoIsResult: true });
    log.group('heading');
    log.info('row');
    log.debug('why');
    log.warning('w');
    expect([stdout.text, stderr.text]).toEqual(['row\n', 'warning: w\n']);
  });

  test('the pinned bar goes out of the way of a line', () => {
    const { screen, stderr } = screenWith({ tty: true, env: { NO_COLOR: '1' } });
    screen.pin({
      clear: () => {
        screen.draw('<clear>');
      },
      draw: () => {
        screen.draw('<draw>');
      },
      end: () => {
        screen.draw('<end>');
      },
    });
    screen.log('line');
    expect(stderr.text).toBe('<clear>line\n<draw>');
    screen.unpin();
    screen.log('after');
    expect(stderr.text).toBe('<clear>line\n<draw><end>after\n');
  });

  test('nothing is written to a stream that is gone', async () => {
    const { screen, stdout } = screenWith();
    stdout.emit('error', Object.assign(new Error('closed'), { code: 'EPIPE' }));
    screen.result('x');
    expect(stdout.text).toBe('');
    expect(await screen.faultOfResults()).toBeNull();
    stdout.emit('error', new Error('no space left'));
    expect(await screen.faultOfResults()).toBe('no space left');
  });
});

describe('results', () => {
  test('the results that are known have a line each; unknown rows are left out', () => {
    const recorder = new RunRecorder({ mode: 'backup', database: 'app' }, () => 5_000);
    recorder.set({ backupUri: 's3://b/app/one.dump', sizeBytes: 2048, tableCount: 3, rowCount: null });
    recorder.finish('success', 7_000);
    expect(resultLines(recorder.report)).toEqual([
      'backup    s3://b/app/one.dump',
      'size      2 KiB',
      'tables    3',
      'duration  2 sec',
    ]);
    expect(jsonOutputs(recorder.report)).toMatchObject({
      'size-bytes': 2048,
      'row-count': null,
      'duration-seconds': 2,
    });
  });

  test('a result that is a name of digits stays a text', () => {
    const recorder = new RunRecorder({ mode: 'backup', database: 'app', backupName: '20260101' });
    expect(jsonOutputs(recorder.report)['backup-name']).toBe('20260101');
  });
});

test('a run that is ended at once says what it leaves, and how that goes away', () => {
  expect(leftBehind(null)).toEqual([]);
  const recorded: string[] = [];
  const bucket = { bucket: 'b', prefix: '', exactKey: null, region: 'r', endpoint: null, forcePathStyle: false };
  const rest = {
    verifySsl: true,
    credentials: null,
    chunkSizeBytes: null,
    maxRetries: 3,
    atRest: AS_BUCKET_SAYS,
    keys: NO_KEYS,
  };
  const leftovers = new SavedLeftovers({ kind: 's3', ...bucket, ...rest }, (_name, value) => recorded.push(value));
  leftovers.uploadStarted('app/one.dump', 'id');
  leftovers.containerStarted({ runtime: 'podman', name: 'tools' });
  expect(leftBehind(readLeftovers(recorded.at(-1) ?? ''))).toEqual([
    'the container tools is left behind: `podman rm --force tools` removes it',
    'the unfinished upload of s3://b/app/one.dump is left behind: `phaselift --prune` removes it after a day',
  ]);
  leftovers.manifestAhead(
    {
      database: 'app',
      name: 'one',
      archive: { key: 'app/one.dump', uri: '' },
      manifest: { key: 'app/one.manifest.json', uri: '' },
    },
    'ab'.repeat(16),
  );
  expect(leftBehind(readLeftovers(recorded.at(-1) ?? '')).at(-1)).toMatch(
    /^the manifest that was written ahead of s3:\/\/b\/app\/one\.dump is left behind: .* if its archive has not come$/,
  );
  leftovers.uploadEnded();
  expect(leftBehind(readLeftovers(recorded.at(-1) ?? ''))).toHaveLength(1);
});
