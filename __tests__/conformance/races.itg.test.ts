import { describe, expect, test } from '@jest/globals';
import type { ActionResult } from '../helpers/run-action.js';
import { STRICT_S3 } from '../store/s3-bucket.js';
import { checked, expectFailure } from '../commands/backup-runs.js';
import {
  FORCE,
  HeldBackup,
  inputsOf,
  listed,
  MOMENTS,
  newProxy,
  runs,
  setVersion,
  SMALL,
  start,
  succeed,
  useReplacedRuns,
  visible,
  WHOLE,
  expectVersion,
} from '../commands/replaced-runs.js';
import { few } from '../helpers/depth.js';

useReplacedRuns();

/** The one line of a run that came too late, and no advice that would make it overwrite the other. */
function expectLost(result: ActionResult): void {
  expectFailure(result, /^s3:\S+one\.dump was (?:made|replaced, or removed,) by another run meanwhile/, /backup-name/);
  expect(result.stdout).not.toMatch(/force/);
}

const describeWithConditions = STRICT_S3 ? describe : describe.skip;

describeWithConditions('two backups of one name', () => {
  test.each(
    few(
      [0, 3],
      [
        ['nothing', false, {}],
        ['nothing, in one request', false, SMALL],
        ['a backup', true, {}],
        ['a backup, in one request', true, SMALL],
      ],
    ),
  )('the backup that reaches its archive last wins in every order, over %s', async (_, isThere, size) => {
    if (isThere) await succeed('backup');
    await setVersion(2);
    const late = await HeldBackup.at(MOMENTS.manifest, { ...FORCE, ...size });
    await setVersion(3);
    await succeed('backup', { ...FORCE, ...size });
    expectLost(await late.end());
    await expectVersion(3);
    expect(await visible()).toEqual(WHOLE);
  });

  test.each(
    few(
      [1, 2],
      [
        ['nothing', false, FORCE],
        ['nothing, without force', false, {}],
        ['a backup', true, FORCE],
        ['a backup, in one request', true, { ...FORCE, ...SMALL }],
      ],
    ),
  )('a backup is not completed when another has come since it began, over %s', async (_, isThere, changes) => {
    if (isThere) await succeed('backup');
    await setVersion(2);
    const late = await HeldBackup.at(MOMENTS.completion, changes);
    await setVersion(3);
    await succeed('backup', changes);
    expectLost(await late.end());
    await expectVersion(3);
    expect(await visible()).toEqual(WHOLE);
  });

  test('an archive whose manifest comes just in time is not overwritten without force', async () => {
    const first = await HeldBackup.at(MOMENTS.manifest);
    expect(await listed()).toEqual({ one: 'no manifest' });
    await setVersion(2);
    const second = await HeldBackup.at(/partNumber=1/);
    expect((await first.end()).exitCode).toBe(0);
    expectLost(await second.end());
    await expectVersion(1);
    expect(await visible()).toEqual(WHOLE);
  });
});

test('a backup is complete though a tool copied it without metadata and parts', async () => {
  await succeed('backup');
  for (const key of await runs.bucket.keys()) await runs.bucket.put(key, await runs.bucket.get(key));
  expect(await listed()).toEqual({ one: 'complete' });
  const { annotations } = await succeed('verify', { 'backup-name': 'latest' });
  expect(annotations.map(({ message }) => message)).toEqual([
    expect.stringMatching(/one\.dump was written again since its backup \(ETag .* its bytes are compared/),
  ]);
  await setVersion(2);
  await succeed('backup', FORCE);
  await expectVersion(2);
  expect(await visible()).toEqual(WHOLE);
});

describeWithConditions('ten backups of one name at once', () => {
  test.each(
    few(
      [0, 2],
      [
        ['over nothing, without force', false, {}],
        ['over nothing, with force', false, FORCE],
        ['over a backup, with force', true, FORCE],
        ['over a backup, with force, in one request', true, { ...FORCE, ...SMALL }],
      ],
    ),
  )('ten backups of one name at once: exactly one wins, %s', async (_, isThere, changes) => {
    if (isThere) await succeed('backup');
    await setVersion(2);
    // All of them have found the place as it was before any completes.
    const proxy = await newProxy();
    let waiting = 0;
    let letGo: () => void = () => undefined;
    const allAreThere = new Promise<undefined>((resolve) => {
      letGo = () => {
        resolve(undefined);
      };
    });
    proxy.meddler = (line) => {
      if (!MOMENTS.completion.test(line)) return undefined;
      if (++waiting === 10) letGo();
      return allAreThere;
    };
    const inputs = { ...changes, 's3-endpoint': proxy.endpoint };
    const handles = await Promise.all(Array.from({ length: 10 }, () => start('backup', inputs)));
    const results = await Promise.all(handles.map((handle) => checked(handle, inputsOf('backup', inputs))));
    expect(results.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    for (const result of results.filter(({ exitCode }) => exitCode !== 0)) expectLost(result);
    await expectVersion(2);
    expect(await visible()).toEqual(WHOLE);
  });
});
