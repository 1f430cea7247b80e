import * as core from '@actions/core';
import { messageOf } from './errors.js';
import { secretsOf } from './inputs/secrets.js';
import { readS3Secrets } from './inputs/s3-settings.js';
import { actionSource } from './inputs/source.js';
import { LEFTOVERS_STATE, readLeftovers, type Leftovers } from './leftovers.js';
import { removeContainer } from './postgres/toolbox/container-client.js';
import { createActionLogger } from './report/action-logger.js';
import { createDirectoryStore } from './store/directory/directory-store.js';
import { createS3Store } from './store/s3/s3-store.js';

interface Words {
  done: string;
  failed: string;
}

/**
 * The action's post step: removes what a main step that was killed left behind. After a main step that ended by itself
 * there is nothing to do. Safe to run twice; only warns.
 */
export async function post(): Promise<void> {
  const source = actionSource(process.env);
  for (const secret of secretsOf(source)) core.setSecret(secret);
  const log = createActionLogger({ quiet: false, debug: false });
  const attempt = async ({ done, failed }: Words, work: () => Promise<string | null>): Promise<void> => {
    try {
      const problem = await work();
      if (problem === null) log.info(done);
      else log.warning(`${failed}: ${problem}`);
    } catch (error) {
      log.warning(`${failed}: ${messageOf(error)}`);
    }
  };

  let leftovers: Leftovers | null = null;
  try {
    leftovers = readLeftovers(core.getState(LEFTOVERS_STATE));
  } catch (error) {
    log.warning(`the main step left no readable state: ${messageOf(error)}`);
  }
  if (leftovers === null) return;
  for (const { runtime, name } of leftovers.containers) {
    const words = { done: `the container ${name} is gone`, failed: `could not remove the container ${name}` };
    await attempt(words, () => removeContainer(runtime, name));
  }
  const { store: place, upload } = leftovers;
  if (upload !== null) {
    const isS3 = place.kind === 's3';
    const store = isS3
      ? createS3Store({ ...place, credentials: readS3Secrets(source) }, log)
      : createDirectoryStore(place, log);
    const archive = { key: upload.key, uri: isS3 ? `s3://${place.bucket}/${upload.key}` : upload.key };
    const what = isS3 ? 'upload' : 'directory';
    // Main may have ended it itself: then there is none, which is what counts.
    const words = {
      done: `no unfinished ${what} of ${archive.uri} is left`,
      failed: isS3 ? `could not end the upload of ${archive.uri}` : `could not remove what is left of ${archive.uri}`,
    };
    await attempt(words, async () => {
      await store.abortUpload(archive, upload.uploadId);
      return null;
    });
    store.close();
  }
}
