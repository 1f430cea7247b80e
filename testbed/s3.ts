import { freePort } from './free-port.js';
import { startGuarded } from './guarded.js';
import { IS_ROOT, nodeProgram, testbedDirectory, testbedScript } from './places.js';
import { runProgram } from './run-program.js';

/**
 * `ceph`: Ceph's radosgw, a complete S3. `fauxqs`: in memory and quick, but it checks no signature, no condition and no
 * checksum, and lists no multipart uploads. `given`: somebody else's, named by PHASELIFT_TEST_S3_ENDPOINT.
 */
export type S3Kind = 'ceph' | 'fauxqs' | 'given';

/** An S3 server that is up. */
export interface S3Server {
  readonly kind: S3Kind;
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

export interface StartedS3 extends S3Server {
  /** Ends the server and all that is stored in it; does nothing to a given one. */
  stop(): Promise<void>;
}

/**
 * Starts an S3 server on a free port of 127.0.0.1; it dies with this process. Without a kind: the server of
 * PHASELIFT_TEST_S3_ENDPOINT (with _ACCESS_KEY and _SECRET_KEY) if that is set; else Ceph where it can be had; else fauxqs.
 */
export async function startS3(kind?: 'ceph' | 'fauxqs'): Promise<StartedS3> {
  if (kind === undefined) {
    const given = givenS3();
    if (given !== null) return { ...given, stop: () => Promise.resolve() };
  }
  switch (kind ?? (await preferredKind())) {
    case 'ceph':
      return startCeph();
    case 'fauxqs':
      return startFauxqs();
  }
}

/** The server that the environment names, or null. */
export function givenS3(): S3Server | null {
  const endpoint = process.env['PHASELIFT_TEST_S3_ENDPOINT'];
  if (!endpoint) return null;
  const kind = process.env['PHASELIFT_TEST_S3_KIND'];
  return {
    kind: kind === 'ceph' || kind === 'fauxqs' ? kind : 'given',
    endpoint,
    accessKey: process.env['PHASELIFT_TEST_S3_ACCESS_KEY'] ?? '',
    secretKey: process.env['PHASELIFT_TEST_S3_SECRET_KEY'] ?? '',
  };
}

async function preferredKind(): Promise<'ceph' | 'fauxqs'> {
  let why = IS_ROOT ? '' : 'it needs root and apt';
  if (why === '') {
    try {
      await runProgram('bash', [testbedScript('ceph.sh'), 'get'], { env: { TESTBED_DIR: testbedDirectory() } });
      return 'ceph';
    } catch (error) {
      why = error instanceof Error ? error.message : String(error);
    }
  }
  process.stderr.write(`Tests run against fauxqs, not Ceph, and skip what only a complete S3 does: ${why}\n`);
  return 'fauxqs';
}

async function startCeph(): Promise<StartedS3> {
  const [port, monitorPort] = [await freePort(), await freePort()];
  const args = [testbedScript('ceph.sh'), 'run', String(port), String(monitorPort)];
  const server = await startGuarded('bash', args, { env: { TESTBED_DIR: testbedDirectory() } });
  return {
    kind: 'ceph',
    endpoint: server.firstLine,
    accessKey: 'TESTBEDKEY',
    secretKey: 'testbedsecret0000000000',
    stop: () => server.release(),
  };
}

async function startFauxqs(): Promise<StartedS3> {
  const server = await startGuarded(nodeProgram(), [testbedScript('fauxqs-server.ts')]);
  return {
    kind: 'fauxqs',
    endpoint: server.firstLine,
    accessKey: 'test-access-key',
    secretKey: 'test-secret-key',
    stop: () => server.release(),
  };
}
