/** `node --import`: the clock of this process differs from the machine's by SHIFT_MS. Timers go on as they are. */
import process from 'node:process';

const shiftMs = Number(process.env.SHIFT_MS);
const Real = Date;

globalThis.Date = class extends Real {
  constructor(...parts) {
    if (parts.length === 0) super(Real.now() + shiftMs);
    else super(...parts);
  }

  static now() {
    return Real.now() + shiftMs;
  }
};
