import { beforeAll, describe, expect, test } from '@jest/globals';
import type { ChosenBackup } from '../../src/commands/chosen-backup.js';
import { decisionFor, type RestoreDecision, type RestoreSite } from '../../src/commands/restore-decision.js';
import { TargetDatabase } from '../../src/commands/target-database.js';
import type { JournalState } from '../../src/engine/journal.js';
import { Planner } from '../../src/plan/planner.js';
import { factsOfNewDatabase, type ServerFacts } from '../../src/postgres/server-facts.js';
import type { Toolbox } from '../../src/postgres/toolbox.js';
import { fixture, mapWhole } from '../archive/fixtures.js';
import { MemoryLogger } from '../helpers/memory-logger.js';
import { restore } from '../inputs/given.js';

const FACTS: ServerFacts = factsOfNewDatabase({
  version: '15.20',
  major: 15,
  role: 'app',
  isSuperuser: false,
  canCreateDatabases: true,
  canCreateInDatabase: false,
  canCreateInPublic: false,
  lockSlots: 6400,
  tempFileLimit: 2 ** 20,
  maintenanceMemory: 2 ** 26,
  extensions: [
    { name: 'plpgsql', version: '1.0' },
    { name: 'hstore', version: '1.8' },
  ],
  schemas: [{ name: 'theirs', isOwn: false }],
  languages: [],
});

const version = { major: 15, minor: 20, text: '15.20' };
const toolbox = { versions: { pg_dump: version, pg_restore: version, psql: version } } as Toolbox;
const settings = restore();
let site: RestoreSite;
let decision: RestoreDecision;

beforeAll(async () => {
  const { head, map } = await mapWhole(fixture('pg15-none'));
  const object = (key: string) => ({ key, uri: `s3://b/${key}` });
  const ref = { database: 'app', name: 'one', archive: object('app/one.dump'), manifest: object('app/one.json') };
  const backup = { ref, head, map, summary: null, invalidIndexes: new Set(), relations: [] } as unknown as ChosenBackup;
  const database = new TargetDatabase(settings, toolbox, new MemoryLogger());
  site = { backup, planner: new Planner(head, map), database, toolbox };
  decision = decisionFor(settings, { facts: FACTS, journal: null }, site, false);
});

describe('the decision of a restore', () => {
  test('a decision is a plain value: JSON has all of it', () => {
    expect(JSON.parse(JSON.stringify(decision))).toEqual(decision);
    expect(decision).toMatchObject({ targetExists: false, resumes: false, finished: [], ignored: [] });
    expect(decision.units.map(({ title }) => title)).toContainEqual(expect.stringMatching(/^SCHEMA app and /));
  });

  test('a decision for a new database counts what each has as there, and no more', () => {
    expect(decision.header.selection).toMatchObject({
      installedExtensions: ['plpgsql'],
      existing: expect.arrayContaining([{ kind: 'SCHEMA', name: 'public', isOwn: true }]) as unknown,
    });
    expect(JSON.stringify(decision.header.selection.existing)).not.toContain('theirs');
  });

  test('a decision goes by the journal, and names the inputs that do not count', () => {
    const finished = [{ unit: decision.units[0]?.id ?? '', rows: null, bytes: 0, seconds: 1 }];
    const journal: JournalState = { header: { format: 1, ...decision.header }, units: [...decision.units], finished };
    const other = { ...settings, indexStrategy: 'after-data' as const };
    const resumed = decisionFor(other, { facts: FACTS, journal }, site, true);
    expect(resumed).toMatchObject({ targetExists: true, resumes: true, finished, units: decision.units });
    expect(resumed.header.indexStrategy).toBe('empty');
    expect(JSON.parse(JSON.stringify(resumed.ignored))).toEqual([
      '`index-strategy: after-data` does not count: the restore was begun with empty',
    ]);
  });

  test('a decision goes on with the roles that the restore was begun with, and refuses others', () => {
    const roleMap = [{ from: 'postgres', to: 'me' }];
    const mapped = { ...site, backup: { ...site.backup, roleMap } };
    const begun = decisionFor(settings, { facts: FACTS, journal: null }, mapped, false);
    expect(begun.header.roleMap).toEqual(roleMap);
    expect(decision.header).not.toHaveProperty('roleMap');
    const journalOf = ({ header, units }: RestoreDecision): JournalState => {
      return { header: { format: 1, ...header }, units: [...units], finished: [] };
    };
    const on = (from: RestoreDecision, at: RestoreSite) =>
      decisionFor(settings, { facts: FACTS, journal: journalOf(from) }, at, true);
    expect(on(begun, mapped).resumes).toBe(true);
    expect(() => on(begun, site)).toThrow(/unfinished restore that was begun with the role-map postgres=me$/);
    expect(() => on(decision, mapped)).toThrow(/unfinished restore that was begun without a role-map$/);
  });
});
