/**
 * Renders a job summary as GitHub would, to look at it: `npx tsx scripts/render-summary.ts [FILE.md] [--output FILE.png]
 * [--modules DIRECTORY]`. Without a file it takes the sample report of the tests.
 *
 * marked, mermaid and the emoji font are needed for this picture only and weigh 180 MB, so they are no dependencies of
 * the project. Put them into a directory of their own:
 * `npm install --prefix /tmp/render marked mermaid @fontsource/noto-color-emoji`, then `--modules /tmp/render`.
 * The page loads them from disk; nothing comes from a network.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { allReport } from '../__tests__/report/sample-reports.js';
import { renderSummary } from '../src/report/summary.js';

const project = path.join(import.meta.dirname, '..');
/** Files of those packages: two scripts and a font. */
const ASSETS = [
  'marked/lib/marked.umd.js',
  'mermaid/dist/mermaid.min.js',
  '@fontsource/noto-color-emoji/files/noto-color-emoji-emoji-400-normal.woff2',
] as const;
const INSTALL = `npm install --prefix /tmp/render marked mermaid @fontsource/noto-color-emoji`;
/** The width of GitHub's summary column, in CSS pixels. */
const PAGE_WIDTH = 1000;

const STYLE = `
  body { margin: 0; padding: 24px 32px; box-sizing: border-box; color: #1f2328; background: #fff; font: 14px/1.5 Emoji, "Segoe UI", "Noto Sans", Helvetica, Arial, sans-serif; }
  h2 { font-size: 1.5em; line-height: 1.25; font-weight: 600; margin: 0 0 16px; padding-bottom: .3em; border-bottom: 1px solid #d1d9e0; }
  p, table, details, pre { margin: 0 0 16px; }
  table { border-collapse: collapse; display: block; width: max-content; max-width: 100%; overflow: auto; }
  th, td { padding: 6px 13px; border: 1px solid #d1d9e0; }
  th { font-weight: 600; }
  tr:nth-child(2n) td { background: #f6f8fa; }
  code { padding: .2em .4em; font: 85%/1 Emoji, ui-monospace, "Liberation Mono", Menlo, monospace; background: #818b981f; border-radius: 6px; white-space: break-spaces; }
  .mermaid { margin: 0 0 16px; text-align: center; border: 1px solid #d1d9e0; border-radius: 6px; padding: 8px; }
  .failed { color: #d1242f; white-space: pre-wrap; }
`;

/** Runs in the page: Markdown to HTML, fences of mermaid to charts; leaves the page's height for the second pass. */
const RENDER = `
  (async () => {
    const text = JSON.parse(document.getElementById('markdown').textContent);
    const body = document.getElementById('body');
    body.innerHTML = marked.parse(text, { gfm: true });
    mermaid.initialize({ startOnLoad: false, securityLevel: 'strict' });
    for (const code of document.querySelectorAll('code.language-mermaid')) {
      const chart = document.createElement('div');
      chart.className = 'mermaid';
      code.parentElement.replaceWith(chart);
      chart.innerHTML = 'x';
      try {
        chart.innerHTML = (await mermaid.render('chart' + Math.random().toString(36).slice(2), code.textContent, chart)).svg;
      } catch (error) {
        chart.className = 'failed';
        chart.textContent = String(error);
        document.body.dataset.failed = String(error);
      }
    }
    await document.fonts.ready;
    document.body.dataset.height = String(Math.ceil(document.documentElement.getBoundingClientRect().height));
  })();
`;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      output: { type: 'string', default: path.join(project, 'docs', 'summary.png') },
      modules: { type: 'string', default: project },
    },
  });
  const file = positionals[0];
  const markdown = file === undefined ? renderSummary(allReport()) : await readFile(file, 'utf8');
  const assets = ASSETS.map((name) => path.resolve(values.modules, 'node_modules', name));
  const missing = assets.filter((asset) => !existsSync(asset));
  if (missing.length > 0) {
    throw new Error(
      `not found: ${missing.join(', ')}\nInstall them apart: ${INSTALL}\nthen run this again with --modules /tmp/render`,
    );
  }
  const workspace = await mkdtemp(path.join(tmpdir(), 'phaselift-summary-'));
  try {
    const page = path.join(workspace, 'summary.html');
    await writeFile(page, html(markdown, assets));
    const dom = await chromium(workspace, page, ['--dump-dom', `--window-size=${PAGE_WIDTH},600`]);
    const failed = / data-failed="([^"]*)"/.exec(dom)?.[1];
    if (failed !== undefined) throw new Error(`the chart could not be drawn: ${failed}`);
    const height = / data-height="(\d+)"/.exec(dom)?.[1];
    if (height === undefined) throw new Error('the page did not finish in time');
    await chromium(workspace, page, [`--screenshot=${values.output}`, `--window-size=${PAGE_WIDTH},${height}`]);
    process.stdout.write(`${values.output}\n`);
  } finally {
    await rm(workspace, { recursive: true, force: true, maxRetries: 3 });
  }
}

function html(markdown: string, assets: readonly string[]): string {
  const tags = assets.map((asset) => {
    if (asset.endsWith('.js')) return `<script src="file://${asset}"></script>`;
    // Not for digits, which that font has as well.
    return `<style>@font-face { font-family: Emoji; src: url("file://${asset}"); unicode-range: U+231A-27BF, U+1F000-1FAFF; }</style>`;
  });
  // Inside of a script element only "<" could end the text early.
  const data = JSON.stringify(markdown).replaceAll('<', '\\u003c');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Job summary</title><style>${STYLE}</style></head>
<body><div id="body"></div><script id="markdown" type="application/json">${data}</script>
${tags.join('\n')}
<script>${RENDER}</script></body></html>`;
}

/** One run of headless Chromium with a profile of its own; returns what it printed. */
async function chromium(workspace: string, page: string, args: readonly string[]): Promise<string> {
  const profile = await mkdtemp(path.join(workspace, 'profile-'));
  const { stdout } = await promisify(execFile)(
    browser(),
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--no-first-run',
      '--hide-scrollbars',
      '--allow-file-access-from-files',
      '--virtual-time-budget=20000',
      `--user-data-dir=${profile}`,
      ...args,
      `file://${page}`,
    ],
    { timeout: 120_000, maxBuffer: 64 * 1024 * 1024, env: { ...process.env, TZ: 'UTC' } },
  );
  return stdout;
}

function browser(): string {
  const names = ['chromium', 'chromium-browser', 'google-chrome'];
  for (const directory of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const found = names.map((name) => path.join(directory, name)).find((candidate) => existsSync(candidate));
    if (found !== undefined) return found;
  }
  throw new Error(`none of ${names.join(', ')} is on PATH`);
}

await main();
