/** What a restore reads out of a head, and makes of it. */
import { isDeepStrictEqual } from 'node:util';
import { databaseProperties } from '../../../src/archive/database-settings.js';
import { customHead, entriesWithFiles } from '../../../src/archive/directory-head.js';
import * as sql from '../../../src/archive/entry-sql.js';
import { asNotValid, asValidation, foreignKey } from '../../../src/archive/foreign-key.js';
import { parseHead } from '../../../src/archive/head.js';
import { miniArchiveHead } from '../../../src/archive/mini-archive.js';
import { namedRoles } from '../../../src/archive/named-roles.js';
import { renamedRoles } from '../../../src/archive/renamed-roles.js';
import { roleMentions } from '../../../src/archive/role-mentions.js';
import type { ArchiveHead, TocEntry } from '../../../src/archive/types.js';
import { finding } from '../fuzz-target.js';
import { expectSame, outcomeOf } from '../outcome.js';
import { BAD_HEAD } from './archive-words.js';

/** Throws what cannot be true of a head, or of what is made of it. */
export function checkHead(head: ArchiveHead): void {
  checkPlaces(head);
  head.entries.forEach(readDefinition);
  databaseProperties(head.entries);
  checkRenames(head);
  if (head.header.format === 'directory') checkDirectory(head);
  else checkMiniArchives(head);
}

/** Entries stand one behind the other, between the count of them and the end of the head. */
function checkPlaces({ header, entries, bytes, entryCountAt }: ArchiveHead): void {
  let end = entryCountAt + 1 + header.intSize;
  for (const entry of entries) {
    if (entry.start !== end || entry.end <= entry.start)
      finding(`the entry ${entry.dumpId} at ${entry.start} behind ${end}`);
    end = entry.end;
  }
  if (end !== bytes.length || entries.length !== header.entryCount)
    finding(`a head of ${bytes.length} bytes that ends at ${end}`);
}

function readDefinition(entry: TocEntry): void {
  sql.isUniqueIndex(entry);
  sql.indexAccessMethod(entry);
  sql.keyConstraint(entry);
  sql.namesInKey(entry);
  sql.copiedTable(entry);
  sql.isPlainCopy(entry);
  sql.columnType(entry, 'a');
  sql.isUnlogged(entry);
  for (const { start, end } of roleMentions(entry).mentions) {
    if (start >= end || end > entry.definition.length) finding(`a role from ${start} to ${end} of a shorter text`);
  }
  const key = foreignKey(entry);
  if (key === null) return;
  if (key.columns.length === 0 || key.referenced.columns.length === 0) finding('a foreign key without columns');
  if (asNotValid(entry.definition) === null || asValidation(entry.definition) === null)
    finding('a foreign key of no known form');
}

/** Other names of roles: what stands in the bytes afterwards is what the entries say. */
function checkRenames(head: ArchiveHead): void {
  const roles = namedRoles(head.entries).slice(0, 2);
  const renames = roles.map(({ name }, index) => ({ from: name, to: `new"${index}` }));
  const renamed = outcomeOf(['CHECKS'], () => renamedRoles(head, renames));
  if ('refusal' in renamed) return;
  const read = outcomeOf(BAD_HEAD, () => parseHead(renamed.value.bytes));
  expectSame({ value: renamed.value }, read, 'a head with other roles, and its bytes');
}

function checkDirectory(head: ArchiveHead): void {
  const files = outcomeOf(BAD_HEAD, () => entriesWithFiles(head));
  if ('value' in files && files.value.some(({ file }) => /[/\\]|\.\./.test(file)))
    finding('a file outside of the directory');
  for (const algorithm of ['none', 'lz4'] as const) {
    const custom = outcomeOf(BAD_HEAD, () => customHead(head, algorithm));
    if ('refusal' in custom) continue;
    if (custom.value.entries.length !== head.entries.length) finding('a head in custom format with other entries');
    checkMiniArchives(custom.value);
  }
}

function checkMiniArchives(head: ArchiveHead): void {
  const ids = head.entries.map(({ dumpId }) => dumpId);
  const whole = parseHead(miniArchiveHead(head, new Set(ids))).entries.map(({ dumpId }) => dumpId);
  if (!isDeepStrictEqual(whole, ids)) finding(`a mini archive of ${ids.join()} with ${whole.join()}`);
  for (const entry of head.entries.slice(0, 20)) {
    const parts = parseHead(miniArchiveHead(head, new Set([entry.dumpId]))).entries;
    if (!parts.some(({ dumpId }) => dumpId === entry.dumpId)) finding(`a mini archive without ${entry.dumpId}`);
  }
}
