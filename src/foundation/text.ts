/**
 * Text for people that mentions inputs. How an input is written depends on where the text is read: `force: true` in a workflow,
 * `--force` in a terminal. So a mention stays data until a surface shows the text.
 */

/**
 * `quoted`: in backquotes. `introduced`: nothing before it says that it is an input, so a workflow has to, while an option is seen
 * to be one. `plain`: without backquotes, as in the parentheses that name the input which is to blame.
 */
export type MentionStyle = 'quoted' | 'introduced' | 'plain';

/** The name of an input, and the value that it is to be given, if any. */
export class Mention {
  constructor(
    readonly input: string,
    readonly value: string | null,
    readonly style: MentionStyle = 'quoted',
  ) {}
}

/** Words and mentions, in order. Read as a string it is in the words of a workflow. */
export class Phrase {
  constructor(readonly parts: readonly (string | Mention)[]) {}

  /** The same with other words; mentions stay. Words that stand next to each other are changed as one. */
  map(change: (words: string) => string): Phrase {
    const runs: (string | Mention)[] = [];
    for (const part of this.parts) {
      const last = runs.at(-1);
      if (typeof part === 'string' && typeof last === 'string') runs[runs.length - 1] = last + part;
      else runs.push(part);
    }
    return new Phrase(runs.map((part) => (typeof part === 'string' ? change(part) : part)));
  }

  toString(): string {
    return shown(this, inWorkflow);
  }

  /** What JSON has of it is for programs, which read the words of a workflow. */
  toJSON(): string {
    return this.toString();
  }
}

/** What can be told to people. */
export type Text = string | Phrase;

/** How a surface writes a mention. */
export type Wording = (mention: Mention) => string;

/** An input by its name as action.yml has it, with the value that it is to be given: `input('force', true)`. */
export function input(name: string, value?: string | number | boolean): Mention {
  return new Mention(name, value === undefined ? null : String(value));
}

/** An input as the subject of a message: ``input `force` `` in a workflow, `--force` in a terminal. */
export function theInput(name: string): Mention {
  return new Mention(name, null, 'introduced');
}

/** An input in the flow of a sentence, or in parentheses: `s3-endpoint` as it stands, `--s3-endpoint` in a terminal. */
export function plain(name: string): Mention {
  return new Mention(name, null, 'plain');
}

/** A template for text with mentions: ``phrase`Give another ${input('backup-name')}.` ``. Phrases inside keep theirs. */
export function phrase(strings: TemplateStringsArray, ...values: readonly (Text | Mention | number)[]): Phrase {
  return phraseOf(strings.flatMap((words, index) => [words, ...partsOf(values[index] ?? '')]));
}

/** Texts one after the other, as `join` of an array of strings. */
export function joined(texts: readonly (Text | Mention)[], separator: string): Phrase {
  return phraseOf(texts.flatMap((text, index) => [...(index === 0 ? [] : [separator]), ...partsOf(text)]));
}

function partsOf(value: Text | Mention | number): readonly (string | Mention)[] {
  if (value instanceof Phrase) return value.parts;
  return [value instanceof Mention ? value : String(value)];
}

function phraseOf(parts: readonly (string | Mention)[]): Phrase {
  return new Phrase(parts.filter((part) => part !== ''));
}

/** The text as a surface shows it. */
export function shown(text: Text, wording: Wording): string {
  if (typeof text === 'string') return text;
  return text.parts.map((part) => (typeof part === 'string' ? part : wording(part))).join('');
}

/** `force: true`, `s3-bucket`, in backquotes but where the mention is plain: what stands under `with:` in a workflow. */
export function inWorkflow({ input, value, style }: Mention): string {
  const words = value === null ? input : `${input}: ${value}`;
  if (style === 'plain') return words;
  return `${style === 'introduced' ? 'input ' : ''}\`${words}\``;
}
