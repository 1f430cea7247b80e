/** A YAML file that people write, read with the place of every fault. */
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import type { Place, PlacedText } from '../../fleet/config.js';
import { PhaseliftError } from '../../foundation/errors.js';
import { joined, phrase, type Text } from '../../foundation/text.js';
import { didYouMean, nearTitles } from '../../plan/name-patterns.js';

const MOST_CHARACTERS = 1024 * 1024;
const START: Place = { line: 1, column: 1 };

/** A value with its place; `node` null: nothing stands there. */
export interface PlacedNode extends Place {
  node: Node | null;
}

/** Gives values out of a file, and collects what is wrong with it. What is at fault is given as nothing. */
export class YamlFile {
  private readonly lines = new LineCounter();
  private readonly faults: (Place & { text: Text })[] = [];
  private readonly document: Document;

  /** `path` names the file in messages. */
  constructor(
    private readonly path: string,
    text: string,
  ) {
    const isTooLong = text.length > MOST_CHARACTERS;
    this.document = parseDocument(isTooLong ? '' : text, { lineCounter: this.lines, prettyErrors: false });
    if (isTooLong) this.report(START, 'the file is larger than 1 MB');
    for (const { pos, message } of this.document.errors) {
      const [first = ''] = message.split('\n');
      this.report(this.placeAt(pos[0]), `this is not YAML as it should be: ${first}`);
    }
  }

  /** False when it is no YAML: then its values mean nothing. */
  get isYaml(): boolean {
    return this.faults.length === 0;
  }

  get contents(): PlacedNode {
    return this.placed(this.document.contents, START);
  }

  report({ line, column }: Place, text: Text): void {
    this.faults.push({ line, column, text });
  }

  /** The values of a mapping by their keys; null where it is none. `what` says what it should be one of. */
  keysOf(value: PlacedNode, what: string, known: readonly string[]): Map<string, PlacedNode> | null {
    if (!isMap(value.node)) {
      this.report(value, `${what} has to be a mapping of keys and values`);
      return null;
    }
    const keys = new Map<string, PlacedNode>();
    for (const pair of value.node.items) {
      const key = this.placed(pair.key as Node | null, value);
      const name = isScalar(key.node) ? String(key.node.value) : '';
      if (known.includes(name)) keys.set(name, this.placed(pair.value as Node | null, key));
      else this.report(key, unknownKey(name, what, known));
    }
    return keys;
  }

  /** The values of a list; null where it is none. */
  listOf(value: PlacedNode): PlacedNode[] | null {
    return isSeq(value.node) ? value.node.items.map((item) => this.placed(item as Node | null, value)) : null;
  }

  /** The text of a single value as it was written; null where it is none. */
  textOf(key: string, value: PlacedNode): PlacedText | null {
    const { node, line, column } = value;
    // A text in quotes or of several lines has a value of its own; a number counts as it was written.
    const text = isScalar(node) ? (typeof node.value === 'string' ? node.value : (node.source ?? '')).trim() : '';
    if (text !== '') return { text, line, column };
    this.report(value, `\`${key}\` has no value`);
    return null;
  }

  /** The texts of a list, or of a single value. */
  textsOf(key: string, value: PlacedNode): PlacedText[] {
    const items = this.listOf(value) ?? [value];
    if (items.length === 0) this.report(value, `\`${key}\` has no value`);
    return items.flatMap((item) => this.textOf(key, item) ?? []);
  }

  /** Throws all faults as one INPUT error, in the order of the file; one fault is its own heading. */
  throwIfFaulty(): void {
    const lines = this.faults
      .toSorted((a, b) => a.line - b.line || a.column - b.column)
      .map(({ line, column, text }) => phrase`${this.path}:${line}:${column}: ${text}`);
    const [first] = lines;
    if (first === undefined) return;
    const heading = `${lines.length} faults in ${this.path}:`;
    throw new PhaseliftError('INPUT', lines.length === 1 ? first : joined([heading, ...lines], '\n'), {
      object: this.path,
      hint: 'docs/fleet.md explains the keys; editors complete them by docs/phaselift.schema.json.',
    });
  }

  private placed(node: Node | null, otherwise: Place): PlacedNode {
    const range = node?.range;
    const place = range ? this.placeAt(range[0]) : { line: otherwise.line, column: otherwise.column };
    return { ...place, node: isAlias(node) ? (node.resolve(this.document) ?? null) : node };
  }

  private placeAt(offset: number): Place {
    const { line, col } = this.lines.linePos(offset);
    return line === 0 ? START : { line, column: col };
  }
}

function unknownKey(name: string, what: string, known: readonly string[]): string {
  const near = nearTitles(
    name,
    known.map((key) => ({ name: key, title: key })),
  );
  return `${what} has no key \`${name}\`${didYouMean(near)}`;
}
