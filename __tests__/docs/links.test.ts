import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { PROJECT_DIRECTORY } from '../../testbed/places.js';

/** Without fenced code, which GitHub does not read as Markdown. */
function textOf(file: string): string {
  return readFileSync(join(PROJECT_DIRECTORY, file), 'utf8').replaceAll(/^ *```.*?^ *```/gms, '');
}

/** The anchors that GitHub makes of headings: lower case, only letters, digits, `-` and `_`, and counted where they repeat. */
function anchorsOf(file: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = Array.from(textOf(file).matchAll(/^#{1,6} +(.*)$/gm), ([, heading = '']) => {
    const shown = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .trim()
      .toLowerCase();
    const slug = shown.replaceAll(/[^\p{L}\p{N}_ -]/gu, '').replaceAll(' ', '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
  return new Set(anchors);
}

/** Links of a page that lead nowhere in the repository. */
function brokenLinks(file: string): string[] {
  const links = Array.from(textOf(file).matchAll(/\]\(([^)\s]+)\)/g), ([, link = '']) => link);
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? file : normalize(join(dirname(file), path));
    if (target.startsWith('..') || !existsSync(join(PROJECT_DIRECTORY, target))) return true;
    return anchor !== undefined && !anchorsOf(target).has(anchor);
  });
}

const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: PROJECT_DIRECTORY, encoding: 'utf8' })
  .trim()
  .split('\n');

describe('the documentation', () => {
  test.each(pages)('links and anchors lead somewhere in %s', (page) => {
    expect(brokenLinks(page)).toEqual([]);
  });
});
