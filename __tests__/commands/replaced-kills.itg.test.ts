import { describe, expect, test } from '@jest/globals';
import { runActionToEnd, type ActionResult } from '../helpers/run-action.js';
import { expectFailure } from './backup-runs.js';
import {
  FORCE,
  HeldBackup,
  inputsOf,
  listed,
  MOMENTS,
  run,
  setVersion,
  succeed,
  useReplacedRuns,
  visible,
  WHOLE,
  expectRestorable,
  expectVersion,
} from './replaced-runs.js';
import { deepTest, few } from '../helpers/depth.js';

useReplacedRuns();

async function post(main: ActionResult): Promise<string[]> {
  const result = await runActionToEnd({ with: inputsOf('backup'), entry: 'post', state: main.state });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.annotations).toEqual([]);
  return result.lines.filter((line) => line !== '' && !line.startsWith('::add-mask::'));
}

/** A good backup of version 1, and a run over it, of version 2, that stays where it is told to. */
async function heldOver(moment: RegExp, changes = {}, options = {}): Promise<HeldBackup> {
  await succeed('backup');
  await setVersion(2);
  return HeldBackup.at(moment, { ...FORCE, ...changes }, options);
}

const PLACES = [
  ['before its manifest is written ahead', MOMENTS.ahead, {}, 1],
  ['before its completion', MOMENTS.completion, {}, 1],
  ['at its completion, whose answer it never gets', MOMENTS.completion, { answered: true }, 2],
  ['between its archive and its manifest', MOMENTS.manifest, {}, 2],
  ['before the manifest that was written ahead is removed', MOMENTS.removal, {}, 2],
] as const;

describe('a backup over a good one', () => {
  test.each(few([1, 3], PLACES))(
    'a replacing backup leaves a whole one, killed %s',
    async (_, moment, options, version) => {
      const main = await (await heldOver(moment, {}, options)).kill();
      await expectVersion(version);
      await expectRestorable(version);

      // The post step ends what there is to end, and can be run again.
      const said = await post(main);
      expect(said).toContainEqual(expect.stringMatching(/^no unfinished upload of s3:\S+one\.dump is left$/));
      const finished = moment !== MOMENTS.ahead && version === 2;
      expect(said.filter((line) => /^the backup s3:\S+one\.dump was complete/.test(line))).toHaveLength(
        finished ? 1 : 0,
      );
      expect(await visible()).toEqual(WHOLE);
      await expectVersion(version);
      await post(main);
      expect(await visible()).toEqual(WHOLE);

      await setVersion(3);
      expectFailure(await run('backup'), /^the backup one of .* exists already/);
      await succeed('backup', FORCE);
      expect(await visible()).toEqual(WHOLE);
      await expectVersion(3);
    },
  );

  deepTest('a replacing backup killed between archive and manifest is overwritten by the next', async () => {
    await (await heldOver(MOMENTS.manifest)).kill();
    await setVersion(3);
    expectFailure(await run('backup'), /^the backup one of .* exists already/);
    await succeed('backup', FORCE);
    await expectVersion(3);
    // The manifest of the dead run is left until it is a day old, as its run might have been alive.
    expect(await visible()).toEqual(['one.ID.pending.json', ...WHOLE].sort());
  });

  test.each(few([1, 3], PLACES))(
    'a replacing backup leaves a whole one, cancelled %s',
    async (_, moment, options, version) => {
      const held = await heldOver(moment, {}, options);
      held.handle.kill('SIGTERM');
      const result = await held.end();
      // What was on its way when the signal came may arrive; from then on there is no way back.
      const expected = version === 2 || result.exitCode === 0 ? 2 : 1;
      expect(result).toMatchObject({ exitCode: expected === 2 ? 0 : 1, signal: null });
      expect(await visible()).toEqual(WHOLE);
      await expectVersion(expected);
    },
  );

  deepTest('a replacing backup cancelled while its bytes are sent leaves the old one whole', async () => {
    const held = await heldOver(/partNumber=1/);
    held.handle.kill('SIGTERM');
    const result = await held.end();
    expect(result.exitCode).toBe(1);
    expect(result.annotations[0]?.message).toMatch(/^the run was cancelled/);
    expect(await visible()).toEqual(WHOLE);
    await expectVersion(1);
  });

  deepTest('a replacing backup in one request, killed before its manifest, is finished later', async () => {
    const main = await (await heldOver(MOMENTS.manifest, { 's3-chunk-size': '64MB' })).kill();
    await expectVersion(2);
    expect(await post(main)).toEqual([
      expect.stringMatching(/^the backup s3:\S+one\.dump was complete/),
      expect.stringMatching(/^nothing unfinished of s3:\S+one\.dump is left$/),
    ]);
    expect(await visible()).toEqual(WHOLE);
  });

  test('a replacing backup whose completion is refused leaves the old one whole', async () => {
    const result = await (await heldOver(MOMENTS.completion)).end({ status: 403 });
    expectFailure(result, /^cannot write s3:\S+one\.dump: access denied/);
    expect(await visible()).toEqual(WHOLE);
    await expectVersion(1);
  });

  test('a replacing backup whose manifest is refused in the end is finished by the post step', async () => {
    const result = await (await heldOver(MOMENTS.manifest)).end({ status: 403 });
    expectFailure(
      result,
      /one\.manifest\.json: access denied.* The backup one is complete all the same: .*pending\.json/,
    );
    await expectVersion(2);
    await post(result);
    expect(await visible()).toEqual(WHOLE);
  });
});

describe('a backup where there is none', () => {
  test('a first backup killed between archive and manifest is none; the next needs no force', async () => {
    const held = await HeldBackup.at(MOMENTS.manifest);
    await held.kill();
    expect(await listed()).toEqual({ one: 'no manifest' });
    await setVersion(2);
    await succeed('backup');
    expect(await visible()).toEqual(WHOLE);
    await expectVersion(2);
  });

  deepTest('a first backup cancelled before its manifest leaves nothing, unless it was complete', async () => {
    const held = await HeldBackup.at(MOMENTS.completion, {}, { answered: true });
    held.handle.kill('SIGTERM');
    const { exitCode } = await held.end();
    expect(await visible()).toEqual(exitCode === 0 ? WHOLE : []);
  });
});
