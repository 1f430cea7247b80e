import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Certificate } from '../testbed/certificate.js';
import { nodeProgram, PROJECT_DIRECTORY } from '../testbed/places.js';
import { ownEnvironment } from '../testbed/run-program.js';
import type { StoreLogin } from './workbench.js';

export interface Sink extends StoreLogin {
  stop(): Promise<void>;
}

/** Starts an S3 server that forgets what is uploaded, in a process of its own. Any credentials will do, and any bucket is there. */
export async function startSink(certificate: Certificate | null = null): Promise<Sink> {
  const program = join(PROJECT_DIRECTORY, 'bench', 'sink-server.ts');
  const secrets = certificate === null ? {} : { SINK_CERT: certificate.cert, SINK_KEY: certificate.key };
  const child = spawn(nodeProgram(), ['--import', 'tsx', program], {
    cwd: PROJECT_DIRECTORY,
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...ownEnvironment(), ...secrets },
  });
  const exited = once(child, 'exit');
  const failed = exited.then(() => {
    throw new Error('the sink did not start');
  });
  const lines = createInterface({ input: child.stdout });
  const port = await Promise.race([once(lines, 'line').then(([line]) => String(line)), failed]);
  failed.catch(() => undefined);
  return {
    endpoint: `http${certificate === null ? '' : 's'}://127.0.0.1:${port}`,
    accessKey: 'sink',
    secretKey: 'not-a-secret',
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}
