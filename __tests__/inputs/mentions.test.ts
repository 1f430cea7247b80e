import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import ts from 'typescript';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';

const NAMES: ReadonlySet<string> = new Set(ALL_INPUTS.map(({ name }) => name));

/** Where mentions of inputs are data; '' are the files of src itself. The rest of the folders is to follow. */
const CONVERTED = ['', 'foundation', 'inputs', 'report', 'terminal', 'verify'];

interface Source {
  /** The folder below src. */
  folder: string;
  path: string;
  tree: ts.SourceFile;
}

const sources: readonly Source[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join('src', path), 'utf8');
    return {
      folder: path.includes('/') ? (path.split('/')[0] ?? '') : '',
      path,
      tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true),
    };
  });

/** What `look` finds in a file, with the line where it is. */
function found({ path, tree }: Source, look: (node: ts.Node) => string[]): string[] {
  const all: string[] = [];
  const visit = (node: ts.Node): void => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    all.push(...look(node).map((one) => `src/${path}:${line + 1}: ${one}`));
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return all;
}

/** The names in `input('…')` and `theInput('…')`. */
function mentioned(node: ts.Node): string[] {
  if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) return [];
  if (!['input', 'theInput'].includes(node.expression.text)) return [];
  const [name] = node.arguments;
  return name !== undefined && ts.isStringLiteralLike(name) ? [name.text] : [];
}

/** Names of inputs that stand as words, in backquotes, in a text. */
function asWords(text: string): string[] {
  return Array.from(text.matchAll(/`([a-z0-9-]+)(: [^`]*)?`/g)).flatMap(([whole, name = '', value]) => {
    // `verify` alone is the mode as often as the input, in lists of modes for one.
    if (!NAMES.has(name) || (name === 'verify' && value === undefined)) return [];
    return [whole];
  });
}

function wordsOf(node: ts.Node): string[] {
  const isText =
    ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
  return isText ? asWords(node.text) : [];
}

describe('mentions of inputs', () => {
  test('name inputs of the table', () => {
    const names = sources.flatMap((source) => found(source, mentioned));
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((one) => !NAMES.has(one.split(': ')[1] ?? ''))).toEqual([]);
  });

  test.each(CONVERTED)('are data and no words in src/%s', (folder) => {
    const files = sources.filter((source) => source.folder === folder);
    expect(files.length).toBeGreaterThan(0);
    expect(files.flatMap((source) => found(source, wordsOf))).toEqual([]);
  });

  test('are found where they are words', () => {
    expect(asWords('use `s3-uri`, or `force: true`')).toEqual(['`s3-uri`', '`force: true`']);
    expect(asWords('`verify`, `verify: false`, `pg_dump`, `sslmode`')).toEqual(['`verify: false`']);
  });
});
