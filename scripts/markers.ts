/** Parts of a file that are made of something else stand between two comments, and nothing else of the file is touched. */

/** What stands between `<!-- NAME:start -->` and `<!-- NAME:end -->` of a Markdown file made anew. Throws when one is missing. */
export function inMarkdown(text: string, name: string, content: string): string {
  const start = `<!-- ${name}:start -->`;
  const end = `<!-- ${name}:end -->`;
  const from = text.indexOf(start);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) throw new Error(`README.md needs the lines ${start} and ${end}`);
  // The line that keeps formatters from aligning the columns.
  return `${text.slice(0, from + start.length)}\n\n<!-- prettier-ignore -->\n${content}\n\n${text.slice(to)}`;
}

/** The same between the lines `# NAME:start …` and `# NAME:end` of a YAML file; the content is indented as these are. */
export function inYaml(text: string, name: string, content: string): string {
  const marked = new RegExp(`^(( *)# ${name}:start\\b.*\n)[^]*?(^ *# ${name}:end$)`, 'm');
  const [whole, start = '', indent = '', end = ''] = marked.exec(text) ?? [];
  if (whole === undefined) throw new Error(`the file needs the lines \`# ${name}:start\` and \`# ${name}:end\``);
  const lines = content.split('\n').map((line) => (line === '' ? '\n' : `${indent}${line}\n`));
  return text.replace(whole, () => `${start}${lines.join('')}${end}`);
}

/** A text as Prettier quotes it. */
export function yamlText(text: string): string {
  return text.includes("'") ? JSON.stringify(text) : `'${text}'`;
}
