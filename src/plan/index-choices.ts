import { namedIndex } from './index-overrides.js';
import type { IndexChoice } from './index-strategy.js';
import type { IndexOptions } from './index-wishes.js';
import { reasonLines } from './reason-lines.js';
import type { RestoredEntries } from './restored-entries.js';

/** What becomes of each index and key: what was wanted, or why not. */
export function indexChoices({ graph, all, wishes, stageOf, notEmpty }: RestoredEntries): IndexChoice[] {
  return all.flatMap((entry): IndexChoice[] => {
    const wish = wishes.get(entry.dumpId);
    const index = namedIndex(entry, graph);
    if (wish === undefined || index === null) return [];
    const [table] = index.tables;
    const isEmpty = stageOf.get(entry.dumpId) === 'indexes';
    const reason = notEmpty.get(entry.dumpId) ?? 'it depends on what comes after the data';
    return [
      {
        dumpId: entry.dumpId,
        name: `${index.schema}.${index.name}`,
        table: table === undefined ? '' : `${table.namespace}.${table.tag}`,
        choice: isEmpty ? 'empty' : 'after-data',
        reason: isEmpty === (wish.choice === 'empty') ? wish.reason : reason,
        sizeBytes: wish.sizeBytes,
        tempBytes: isEmpty ? null : wish.build === null ? wish.cost.tempBytes : wish.build.tempBytes,
      },
    ];
  });
}

/** What was decided for each index, for people; nothing where one strategy is all that there is to say. */
export function indexReasons(choices: readonly IndexChoice[], { strategy, overrides }: IndexOptions): string[] {
  if (strategy !== 'auto' && overrides.length === 0) return [];
  return reasonLines(
    choices.map(({ name, choice, reason }) => {
      const how = choice === 'empty' ? 'is created empty' : 'is built after the data';
      return { what: `${name} ${how}`, title: name, reason };
    }),
  );
}
