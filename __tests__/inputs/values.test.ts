import { describe, expect, test } from '@jest/globals';
import { readSettings } from '../../src/inputs/read-settings.js';
import { ALL, all, backup, faultOf, faultsOf, restore, given } from './given.js';

const read = (inputs: Record<string, string>, env: Record<string, string> = {}) => readSettings(given(inputs, env));

describe('values out of bounds', () => {
  test.each([
    ['force', 'yes', 'neither true nor false'],
    ['force', '1', 'neither true nor false'],
    ['quiet', 'tRUE', 'neither true nor false'],
    ['s3-chunk-size', '12XB', 'not a size'],
    ['s3-chunk-size', '64', 'out of range'],
    ['s3-chunk-size', '4MB', 'out of range'],
    ['s3-chunk-size', '6GB', 'out of range'],
    ['source-port', '70000', 'not a port'],
    ['source-port', '0', 'not a port'],
    ['source-port', '5432.5', 'not a port'],
    ['s3-max-retries', '101', 'from 0 to 100'],
    ['s3-max-retries', '-1', 'from 0 to 100'],
    ['pg-client', 'docker', '`auto`, `path`, `container` or `image`'],
    ['container-runtime', 'lxc', '`auto`, `docker` or `podman`'],
    ['source-sslmode', 'on', '`verify-full`'],
    ['pg-container', '--privileged', 'not the id or name of a container'],
    ['pg-image', '-v/:/host', 'not the name of an image'],
    ['dump-compress', '10', 'not a compression'],
    ['dump-compress', 'xz', 'not a compression'],
    ['dump-compress', 'gzip:10', '1 to 9'],
    ['dump-compress', 'none:1', 'takes none'],
    ['database', '../x', 'cannot be used as a name'],
    ['database', 'a/b', 'cannot be used as a name'],
    ['backup-name', 'a\\b', 'cannot be used as a name'],
    ['backup-name', '.hidden', 'cannot be used as a name'],
    ['backup-name', 'x'.repeat(300), 'cannot be used as a name'],
    ['backup-name', 'latest', 'cannot name one'],
  ])('a value of a backup out of bounds is refused: %s: %s', (name, text, expected) => {
    const fault = faultOf(() => backup({ [name]: text }));
    expect(fault).toContain(`input \`${name}\``);
    expect(fault).toContain(expected);
  });

  test.each([
    ['restore-jobs', '0', 'from 1 to 64'],
    ['restore-jobs', '65', 'from 1 to 64'],
    ['index-strategy', 'best', '`empty`, `empty-keys-last`, `after-data` or `auto`'],
    ['temp-budget', '4KB', '8KB'],
    ['temp-budget', 'much', 'write it like `64MB`'],
    ['slice-size', '1KB', '`1KB` is out of range: give a size from 16MB to 1TB'],
    ['slice-size', '2TB', '`2TB` is out of range: give a size from 16MB to 1TB'],
    ['slice-size', '64 MB', '`64 MB` is not a size: write it like `64MB`'],
    ['slice-size', 'large', '`large` is not a size: write it like `64MB`'],
    ['time-limit', 'soon', '`soon` is not a length of time: write it like `5h30m`'],
    ['time-limit', '5 h', '`5 h` is not a length of time: write it like `5h30m`'],
    ['time-limit', '30m5h', '`30m5h` is not a length of time: write it like `5h30m`'],
    ['time-limit', '-1h', '`-1h` is not a length of time: write it like `5h30m`'],
    ['time-limit', '0', '`0` is not a length of time: write it like `5h30m`'],
    ['time-limit', '0s', '`0s` is out of range: give `10s` to `31d`'],
    ['time-limit', '9s', '`9s` is out of range: give `10s` to `31d`'],
    ['time-limit', '32d', '`32d` is out of range: give `10s` to `31d`'],
    ['retry-minutes', '10m', '`10m` is not a number of minutes: give a whole number from 0 to 1440'],
    ['validate-foreign-keys', 'maybe', '`now` or `later`'],
    ['verify', 'yes', '`true`, `full`, `content` or `false`'],
    ['target-database', 'a/b', 'cannot be used as a name'],
    ['analyze', 'no', 'neither true nor false'],
  ])('a value of a restore out of bounds is refused: %s: %s', (name, text, expected) => {
    const fault = faultOf(() => restore({ [name]: text }));
    expect(fault).toContain(`input \`${name}\``);
    expect(fault).toContain(expected);
  });

  test.each([
    ['10s', 10_000],
    ['90m', 5_400_000],
    ['5h30m', 19_800_000],
    ['1d1h1m1s', 90_061_000],
    ['', null],
  ])('the time limit %j is %s milliseconds', (text, ms) => {
    expect(restore({ 'time-limit': text }).timeLimitMs).toBe(ms);
  });

  test('a blank database is a missing one', () => {
    expect(faultOf(() => backup({ database: ' ' }))).toContain('input `database` is missing');
  });

  test('faults of all kinds are told together, each once', () => {
    const inputs = {
      ...ALL,
      'source-port': '70000',
      force: 'yes',
      verify: 'maybe',
      's3-bucket': '',
      'dump-options': '-Fp',
    };
    const [heading, ...lines] = faultsOf(() => read(inputs));
    expect(heading).toBe('5 inputs are wrong:');
    expect(lines).toHaveLength(5);
  });

  test('an input that both sides read is at fault once', () => {
    expect(faultOf(() => all({ 'ssl-root-cert': 'a\nb' }))).toContain('`ssl-root-cert`');
  });

  test('two faults of one input count as one wrong input', () => {
    const lines = faultsOf(() => backup({ 'dump-options': '-Fp\n--file=x' }));
    expect(lines[0]).toBe('1 input is wrong:');
    expect(lines).toHaveLength(3);
  });

  test('a value cannot forge a line, and a long one is cut', () => {
    const fault = faultOf(() => backup({ 'source-port': 'x\n::error::gone' }));
    expect(fault).toContain('`x\\u{a}::error::gone`');
    expect(faultOf(() => backup({ 'source-port': 'y'.repeat(5000) })).length).toBeLessThan(250);
  });

  test.each(['true', 'True', 'TRUE'])('the value %s is true', (text) => {
    expect(backup({ force: text }).force).toBe(true);
    expect(restore({ verify: text }).verify).toBe('true');
  });

  test.each(['false', 'False', 'FALSE'])('the value %s is false', (text) => {
    expect(restore({ analyze: text }).analyze).toBe(false);
    expect(restore({ verify: text }).verify).toBe('false');
  });

  test.each(['0', '9', 'none', 'gzip', 'gzip:6', 'lz4', 'zstd', 'zstd:19'])('compression %s is handed on', (text) => {
    expect(backup({ 'dump-compress': text }).compress).toBe(text);
  });
});
