import * as core from '@actions/core';
import { NO_KEYS } from './age/keys.js';
import { LEFTOVERS_STATE, readLeftovers, type Leftovers, type StorePlace } from './commands/leftovers.js';
import { textOf } from './foundation/errors.js';
import type { Logger } from './foundation/logger.js';
import { phrase, type Text } from './foundation/text.js';
import { actionInputs, type GivenInputs } from './inputs/given-inputs.js';
import { secretsOf } from './inputs/secrets.js';
import { readS3Secrets } from './inputs/store-settings.js';
import { removeContainer } from './postgres/toolbox/container-client.js';
import { createActionLogger } from './report/action-logger.js';
import { createDirectoryStore } from './store/directory/directory-store.js';
import type { ObjectRef } from './store/object-store.js';
import { createS3Store } from './store/s3/s3-store.js';
import type { Store } from './store/store.js';

interface Words {
  done: string;
  failed: string;
}

/**
 * The action's post step: removes, or brings to its end, what a main step that was killed left behind. After a main step that ended by itself
 * there is nothing to do. Safe to run twice; only warns.
 */
export async function post(): Promise<void> {
  const given = actionInputs(process.env);
  for (const secret of secretsOf(given)) core.setSecret(secret);
  const log = createActionLogger({ quiet: false, debug: false });
  const attempt = async ({ done, failed }: Words, work: () => Promise<Text | null>): Promise<void> => {
    try {
      const problem = await work();
      if (problem === null) log.info(done);
      else log.warning(phrase`${failed}: ${problem}`);
    } catch (error) {
      log.warning(phrase`${failed}: ${textOf(error)}`);
    }
  };

  let leftovers: Leftovers | null = null;
  try {
    leftovers = readLeftovers(core.getState(LEFTOVERS_STATE));
  } catch (error) {
    log.warning(phrase`the main step left no readable state: ${textOf(error)}`);
  }
  if (leftovers === null) return;
  for (const { runtime, name } of leftovers.containers) {
    const words = { done: `the container ${name} is gone`, failed: `could not remove the container ${name}` };
    await attempt(words, () => removeContainer(runtime, name));
  }
  const { upload, ahead } = leftovers;
  if (upload === null && ahead === null) return;
  const store = openStore(leftovers.store, given, log);
  const isS3 = leftovers.store.kind === 's3';
  if (upload !== null) {
    const archive = objectAt(leftovers.store, upload.key);
    const what = isS3 ? 'upload' : 'directory';
    // Main may have ended it itself: then there is none, which is what counts.
    const words = {
      done: `no unfinished ${what} of ${archive.uri} is left`,
      failed: isS3 ? `could not end the upload of ${archive.uri}` : `could not remove what is left of ${archive.uri}`,
    };
    await attempt(words, async () => {
      await store.backups.abortUpload(archive, upload.uploadId);
      if (ahead !== null) await settle(store, leftovers.store, ahead, log);
      return null;
    });
  } else if (ahead !== null) {
    const { uri } = objectAt(leftovers.store, ahead.archive);
    const words = { done: `nothing unfinished of ${uri} is left`, failed: `could not finish the backup ${uri}` };
    await attempt(words, async () => {
      await settle(store, leftovers.store, ahead, log);
      return null;
    });
  }
  store.close();
}

/** With the archive in its place the backup is complete, and gets the manifest that stays; else its manifest goes. */
async function settle(store: Store, place: StorePlace, ahead: Ahead, log: Logger): Promise<void> {
  const [archive, manifest] = [objectAt(place, ahead.archive), objectAt(place, ahead.manifest)];
  const ref = { database: '', name: archive.uri, archive, manifest };
  const outcome = await store.backups.settle(ref, ahead.archiveId);
  if (outcome === 'published') log.info(`the backup ${archive.uri} was complete: its manifest is ${manifest.uri}`);
}

type Ahead = NonNullable<Leftovers['ahead']>;

function openStore(place: StorePlace, given: GivenInputs, log: Logger): Store {
  if (place.kind === 'directory') return createDirectoryStore(place, log);
  return createS3Store({ ...place, credentials: readS3Secrets(given), keys: NO_KEYS }, log);
}

function objectAt(place: StorePlace, key: string): ObjectRef {
  return { key, uri: place.kind === 's3' ? `s3://${place.bucket}/${key}` : key };
}
