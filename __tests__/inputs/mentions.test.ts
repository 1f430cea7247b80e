import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import ts from 'typescript';
import { ALL_INPUTS } from '../../src/inputs/input-table.js';

const NAMES: ReadonlySet<string> = new Set(ALL_INPUTS.map(({ name }) => name));

interface SourceFile {
  /** Below src. */
  path: string;
  tree: ts.SourceFile;
}

const files: readonly SourceFile[] = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => {
    const text = readFileSync(join('src', path), 'utf8');
    return { path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true) };
  });

/** What `look` finds in a file, with the line where it is. */
function found({ path, tree }: SourceFile, look: (node: ts.Node) => string[]): string[] {
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
    // Alone these are modes as often as inputs, in lists of modes for one.
    if (!NAMES.has(name) || (['verify', 'databases'].includes(name) && value === undefined)) return [];
    return [whole];
  });
}

function wordsOf(node: ts.Node): string[] {
  const isText =
    ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddle(node) || ts.isTemplateTail(node);
  return isText ? asWords(node.text) : [];
}

test('mentions of inputs name inputs of the table', () => {
  const names = files.flatMap((file) => found(file, mentioned));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter((one) => !NAMES.has(one.split(': ')[1] ?? ''))).toEqual([]);
});

test('mentions of inputs are data, and no words of a text in src', () => {
  expect(files.flatMap((file) => found(file, wordsOf))).toEqual([]);
});

test('mentions of inputs are found where they are words', () => {
  expect(asWords('use `s3-uri`, or `force: true`')).toEqual(['`s3-uri`', '`force: true`']);
  expect(asWords('`verify`, `verify: false`, `pg_dump`, `sslmode`')).toEqual(['`verify: false`']);
});
