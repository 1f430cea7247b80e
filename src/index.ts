import { main } from './main.js';

/** Entry of the action's main step. Whatever escapes main is a defect, and is said so. */
main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
