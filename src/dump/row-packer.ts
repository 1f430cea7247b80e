import type { RunCodec } from '../archive/compress-run.js';
import { NewlineCounter } from '../archive/newlines.js';
import type { Handed } from './handover.js';

const NEWLINE = 10;

/** Makes of rows what a reader hands on: as they are, or as a run that is compressed meanwhile. */
export class RowPacker {
  private readonly newlines = new NewlineCounter();

  /** `codec` null: rows stay as they are. */
  constructor(private readonly codec: RunCodec | null) {}

  /** `release` is called once the rows have been written: until then they must stay as they are. */
  pack(bytes: Buffer, release: () => void): Handed {
    const { codec } = this;
    if (codec === null) return { kind: 'rows', bytes, release };
    this.newlines.attach(bytes);
    const told = { rows: this.newlines.count(0, bytes.length), endsRow: bytes.at(-1) === NEWLINE };
    const run = codec(bytes).then((compressed) => ({ ...compressed, ...told }));
    // Whoever writes it hears of a failure, and that may be later.
    run.catch(() => undefined);
    return { kind: 'run', run, release };
  }
}
