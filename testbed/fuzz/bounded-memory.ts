import { finding } from './fuzz-target.js';

/** What a reader may take at once for an input that claims nothing. */
const FIXED_BYTES = 4 * 1024 * 1024;
/** And for each byte that is really there. */
const BYTES_FOR_EACH_BYTE = 16;

const ALLOCATORS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow'] as const;

/**
 * From now on no buffer may be larger than what the bytes of an input can account for: a size that an input only claims is found where it
 * is believed. Returns how to say how long the input is that is read; 0 is none.
 */
export function boundBuffers(): (inputBytes: number) => void {
  let limit = Infinity;
  for (const name of ALLOCATORS) {
    const allocate = Buffer[name].bind(Buffer);
    Buffer[name] = (size: number, ...fill: []) => {
      if (size > limit) finding(`a buffer of ${size} bytes, more than ${limit}`);
      return allocate(size, ...fill);
    };
  }
  return (inputBytes) => {
    limit = inputBytes === 0 ? Infinity : FIXED_BYTES + BYTES_FOR_EACH_BYTE * inputBytes;
  };
}
