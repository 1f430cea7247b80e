import { describe, expect, test } from '@jest/globals';
import {
  aheadIn,
  aheadKeyOf,
  archiveIdIn,
  backupNameFault,
  canBeAhead,
  defaultBackupName,
  keysOf,
  keysOfExact,
  nameFault,
  newArchiveId,
} from '../../src/store/names.js';

describe('a name', () => {
  test.each(['app', 'Ärger', 'a b', 'x.y', '20260101-000000', 'a'.repeat(255), 'latest'])('%j is a name', (name) => {
    expect(nameFault(name)).toBeNull();
  });

  test.each([
    ['', /empty/],
    ['.hidden', /dot/],
    ['..', /dot/],
    ['a..b', /"\.\."/],
    ['a/b', /slash/],
    ['a\\b', /backslash/],
    ['../x', /dot/],
    ['a\nb', /control/],
    ['a\u0000', /control/],
    ['a\u009fb', /control/],
    ['\ud800', /Unicode/],
    ['a'.repeat(256), /256 bytes/],
    ['ä'.repeat(128), /256 bytes/],
  ])('%j is no name of a backup', (name, reason) => {
    expect(nameFault(name)).toMatch(reason);
  });

  test('a name may not be latest, which stands for the newest', () => {
    expect(backupNameFault('latest')).toMatch(/newest/);
    expect(backupNameFault('latest-1')).toBeNull();
  });

  test('a name is made of the UTC time when none is given', () => {
    expect(defaultBackupName(new Date('2026-03-04T05:06:07.891Z'))).toBe('20260304-050607');
  });
});

describe('the place of a backup', () => {
  test.each([
    ['', 'app/n.dump'],
    ['backups', 'backups/app/n.dump'],
    ['/a/b/', 'a/b/app/n.dump'],
  ])('the place of a backup under the prefix %j is %j', (prefix, archive) => {
    expect(keysOf(prefix, 'app', 'n').archive).toBe(archive);
  });

  test('the place of a backup has the manifest beside the archive', () => {
    expect(keysOf('p', 'app', 'n.dump').manifest).toBe('p/app/n.dump.manifest.json');
    expect(keysOfExact('x/y/key.dump')).toEqual({ archive: 'x/y/key.dump', manifest: 'x/y/key.manifest.json' });
    expect(keysOfExact('x/key.bin')).toEqual({ archive: 'x/key.bin', manifest: 'x/key.bin.manifest.json' });
  });

  test('manifests that are written ahead stand beside the backup, and pass for nothing else', () => {
    const id = newArchiveId();
    expect(newArchiveId()).not.toBe(id);
    const { manifest } = keysOf('p', 'app', 'n.x');
    expect(canBeAhead(manifest)).toBe(true);
    const key = aheadKeyOf(manifest, id);
    expect(key).toBe(`p/app/n.x.${id}.pending.json`);
    expect(aheadIn(key.slice('p/app/'.length))).toEqual({ name: 'n.x', archiveId: id });
    for (const file of ['n.dump', 'n.manifest.json', `n.${id}.dump`, 'n.pending.json', `.${id}.pending.json`]) {
      expect(aheadIn(file)).toBeNull();
    }
    const lengths = [955, 956].map((length) => keysOf('p'.repeat(length), 'app', 'n'.repeat(18)).manifest);
    expect(lengths.map(canBeAhead)).toEqual([true, false]);
    expect(aheadKeyOf(lengths[0] ?? '', id)).toHaveLength(1024);
    expect(() => aheadKeyOf(lengths[1] ?? '', id)).toThrow(/is 1025 bytes long, S3 allows 1024/);
  });

  test.each([undefined, '', 'AB'.repeat(16), '../../other', 'a'.repeat(31)])('%j is no id in a place', (text) => {
    expect(archiveIdIn(text)).toBeNull();
  });

  test('the place of a backup cannot leave its prefix', () => {
    const refusal = { code: 'INPUT' };
    expect(() => keysOf('p', '../q', 'n')).toThrow(expect.objectContaining(refusal));
    expect(() => keysOf('p', 'app', '../../q')).toThrow(expect.objectContaining(refusal));
    expect(() => keysOf('p', 'app', 'latest')).toThrow(/"latest" cannot name a backup/);
    expect(() => keysOf('p'.repeat(900), 'app', 'n'.repeat(200))).toThrow(/S3 allows 1024/);
  });
});
