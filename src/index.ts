import { main } from './main.js';
import { keepHeapSmall } from './process/small-heap.js';
import { widenThreadPool } from './process/thread-pool.js';

/** All is said and stopped when main is done; what keeps Node.js alive after that is a defect, but must not cost the job hours. */
const LEAK_LIMIT_MS = 10_000;

keepHeapSmall();
widenThreadPool();

/** Entry of the action's main step. Whatever escapes main is a defect, and is said so. */
main().then(
  (exitCode) => {
    process.exitCode = exitCode;
    setTimeout(() => process.exit(), LEAK_LIMIT_MS).unref();
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
