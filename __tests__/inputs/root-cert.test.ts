import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { materializeRootCert } from '../../src/inputs/root-cert.js';
import { all, faultOf, restore } from './given.js';

const PEM = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----';
let directory = '';

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phaselift-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('ssl-root-cert', () => {
  test('ssl-root-cert as PEM text becomes one file that both connections name', async () => {
    const settings = await materializeRootCert(all({ 'ssl-root-cert': PEM }), directory);
    const files = await readdir(directory);
    expect(files).toHaveLength(1);
    const path = join(directory, files[0] ?? '');
    expect(settings.source.sslRootCert).toBe(path);
    expect(settings.target.sslRootCert).toBe(path);
    expect(await readFile(path, 'utf8')).toBe(`${PEM}\n`);
  });

  test.each(['/etc/ssl/ca.pem', 'system'])('ssl-root-cert %s stays as it is, and nothing is written', async (text) => {
    const settings = await materializeRootCert(restore({ 'ssl-root-cert': text }), directory);
    expect(settings.target.sslRootCert).toBe(text);
    expect(await readdir(directory)).toEqual([]);
  });

  test('ssl-root-cert comes before PGSSLROOTCERT', () => {
    expect(restore({}, { PGSSLROOTCERT: '/ca.pem' }).target.sslRootCert).toBe('/ca.pem');
  });

  test.each([
    [`${PEM}\n-----BEGIN PRIVATE KEY-----\nhidden\n-----END PRIVATE KEY-----`, 'private key'],
    ['-----BEGIN CERTIFICATE-----\nMIIB', 'not the PEM text'],
    ['MIIB\nMIIC', 'not PEM text'],
  ])('ssl-root-cert with %p is refused', (text, expected) => {
    const fault = faultOf(() => restore({ 'ssl-root-cert': text }));
    expect(fault).toContain(expected);
    expect(fault).not.toContain('hidden');
  });
});
