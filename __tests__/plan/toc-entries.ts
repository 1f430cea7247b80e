import type { TocEntry } from '../../src/archive/types.js';

/** A TOC entry of which only what matters is said. */
export function entry(dumpId: number, desc: string, tag: string, more: Partial<TocEntry> = {}): TocEntry {
  return {
    dumpId,
    hasData: false,
    tableOid: '0',
    oid: '0',
    tag,
    desc,
    section: 'pre-data',
    definition: '',
    copyStatement: '',
    namespace: 'app',
    tablespace: '',
    tableAccessMethod: '',
    relkind: '',
    owner: 'owner',
    dependencies: [],
    fileName: '',
    start: 0,
    end: 0,
    offsetFlagAt: 0,
    ...more,
  };
}

export function table(dumpId: number, tag: string, more: Partial<TocEntry> = {}): TocEntry {
  return entry(dumpId, 'TABLE', tag, { definition: `CREATE TABLE app.${tag} (\n    a integer\n);\n`, ...more });
}

export function tableData(dumpId: number, of: TocEntry, more: Partial<TocEntry> = {}): TocEntry {
  const copyStatement = `COPY app.${of.tag} (a) FROM stdin;\n`;
  return entry(dumpId, 'TABLE DATA', of.tag, {
    section: 'data',
    hasData: true,
    copyStatement,
    dependencies: [of.dumpId],
    ...more,
  });
}

export function index(
  dumpId: number,
  tag: string,
  on: TocEntry,
  using = 'btree',
  more: Partial<TocEntry> = {},
): TocEntry {
  const definition = `CREATE INDEX ${tag} ON app.${on.tag} USING ${using} (a);\n`;
  return entry(dumpId, 'INDEX', tag, { section: 'post-data', definition, dependencies: [on.dumpId], ...more });
}

export function key(dumpId: number, tag: string, on: TocEntry, what: string, more: Partial<TocEntry> = {}): TocEntry {
  const definition = `ALTER TABLE ONLY app.${on.tag}\n    ADD CONSTRAINT ${tag} ${what};\n`;
  return entry(dumpId, 'CONSTRAINT', `${on.tag} ${tag}`, {
    section: 'post-data',
    definition,
    dependencies: [on.dumpId],
    ...more,
  });
}

export function foreignKey(
  dumpId: number,
  tag: string,
  on: TocEntry,
  to: TocEntry,
  more: Partial<TocEntry> = {},
): TocEntry {
  const definition = `ALTER TABLE ONLY app.${on.tag}\n    ADD CONSTRAINT ${tag} FOREIGN KEY (a) REFERENCES app.${to.tag}(a);\n`;
  return entry(dumpId, 'FK CONSTRAINT', `${on.tag} ${tag}`, {
    section: 'post-data',
    definition,
    dependencies: [on.dumpId, to.dumpId],
    ...more,
  });
}
