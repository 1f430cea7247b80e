import { MeddlingProxy, type Meddling } from '../../testbed/meddling-proxy.js';

/** An S3 that takes the parts of uploads in and does not answer: a backup stays in its middle until it is told otherwise. */
export class HoldingS3 {
  private release: (answer: Meddling | undefined) => void = () => undefined;
  private tell: () => void = () => undefined;
  /** Resolves when so many parts are on their way that pg_dump has to wait. */
  readonly isHolding = new Promise<void>((resolve) => (this.tell = resolve));

  readonly endpoint: string;

  private constructor(private readonly proxy: MeddlingProxy) {
    this.endpoint = proxy.endpoint;
    const released = new Promise<Meddling | undefined>((resolve) => (this.release = resolve));
    let held = 0;
    proxy.meddler = async (line) => {
      if (!/^PUT .*[?&]partNumber=/.test(line)) return undefined;
      if (++held === PARTS_IN_FLIGHT) this.tell();
      return released;
    };
  }

  static async before(endpoint: string): Promise<HoldingS3> {
    return new HoldingS3(await MeddlingProxy.start(endpoint));
  }

  /** Works like any other server from now on, for what it has held back as well. */
  letGo(): void {
    this.release(undefined);
  }

  /** Ends the server as a crash would: connections are cut, nobody listens any more. Safe to call again. */
  async stop(): Promise<void> {
    this.release({ status: 500 });
    await this.proxy.stop().catch(() => undefined);
  }
}

/** Of the smallest size; see src/store/s3/part-size.ts. */
const PARTS_IN_FLIGHT = 4;

/** Inputs with which four parts hold a fifth of what LARGE_TABLE gives. */
export const SMALL_PARTS = { 's3-chunk-size': '5MB' };

/**
 * About 100 MB in an archive: more than the parts in flight and all buffers between the server and pg_dump hold together.
 * Linux lets the receiving buffer of a socket grow to 32 MiB where there is much memory (net.ipv4.tcp_rmem); a server that
 * has sent its last row before the upload is held can be ended without any harm.
 */
export const LARGE_TABLE = `CREATE UNLOGGED TABLE large AS SELECT g, repeat('x', 1000) AS filler FROM generate_series(1, 100000) g;`;
