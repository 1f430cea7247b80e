import { post } from './post.js';

/** Entry of the action's post step: it never fails a job. */
post().catch((error: unknown) => {
  console.error(error);
});
