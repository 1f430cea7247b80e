import type { FleetRule } from '../fleet/config.js';
import { PhaseliftError } from '../foundation/errors.js';
import { joined, phrase, theInput, type Phrase, type Text } from '../foundation/text.js';
import type { GivenInputs, Origin } from './given-inputs.js';
import { givenText } from './given-inputs.js';
import type { InputDefinition } from './input-definition.js';

/** A value, and where it came from. */
export interface Reading<T> {
  value: T;
  origin: Origin;
}

/**
 * Reads inputs and collects what is wrong with them. A reading is always a value: where the text is at fault, the input's
 * fallback stands in, which nobody sees as `throwIfFaulty` comes before any use.
 */
export class InputReader {
  private faults: { input: string; text: Text }[] = [];
  private readonly seen = new Set<string>();

  constructor(readonly given: GivenInputs) {}

  /** The same inputs, with what this rule says behind them; faults are told together. */
  forRule(rule: FleetRule | null): InputReader {
    const reader = new InputReader({ ...this.given, rule });
    reader.faults = this.faults;
    return reader;
  }

  /** The value of an input with its origin. Reading it twice reports its faults once. */
  read<T>(definition: InputDefinition<T>): Reading<T> {
    const given = givenText(this.given, definition);
    const first = !this.seen.has(definition.name);
    this.seen.add(definition.name);
    if (given === null) return { value: definition.fallback.value, origin: { from: 'default' } };
    const { text, origin } = given;
    const parsed = origin.from === 'environment' ? definition.parseEnv(text) : definition.parse(text);
    if ('value' in parsed) return { value: parsed.value, origin };
    if (first) {
      for (const fault of parsed.faults) this.report(definition, phrase`${label(definition, origin)}: ${fault}`);
    }
    return { value: definition.fallback.value, origin };
  }

  /** Where an input's value comes from, without looking at the value. */
  originOf(definition: InputDefinition<unknown>): Origin {
    return givenText(this.given, definition)?.origin ?? { from: 'default' };
  }

  /** The value alone. */
  value<T>(definition: InputDefinition<T>): T {
    return this.read(definition).value;
  }

  /** The text of an input that must be there; `purpose` says what it is needed for. */
  required(definition: InputDefinition<string | null>, purpose: Text): string {
    const { value, origin } = this.read(definition);
    if (origin.from === 'default') this.missing(definition, purpose);
    return value ?? '';
  }

  /** Reports an input that is not there. */
  missing(definition: InputDefinition<unknown>, purpose: Text): void {
    const [variable] = definition.env;
    const or = variable === undefined ? '' : `, or the environment variable \`${variable}\`,`;
    this.report(definition, phrase`${theInput(definition.name)} is missing: set it${or} to ${purpose}`);
  }

  /** Reports a value that is right in itself and wrong beside others. */
  wrong(definition: InputDefinition<unknown>, fault: Text): void {
    this.report(definition, phrase`${this.name(definition)}: ${fault}`);
  }

  /**
   * Looks at what no setting has asked for: a workflow's inputs always, environment variables (which may be meant for another
   * step) only when `environmentToo`.
   */
  readRest(definitions: readonly InputDefinition<unknown>[], environmentToo: boolean): void {
    for (const definition of definitions) {
      if (this.seen.has(definition.name)) continue;
      if (environmentToo || this.originOf(definition).from === 'input') this.read(definition);
    }
  }

  /** How people call an input, for a message about another one: with its environment variables. */
  name(definition: InputDefinition<unknown>): Phrase {
    return label(definition, this.originOf(definition));
  }

  /** Throws all faults as one INPUT error: a line of heading, then a line for each; one fault is its own heading. */
  throwIfFaulty(): void {
    const [first] = this.faults;
    if (first === undefined) return;
    const lines = this.faults.map((fault) => fault.text);
    const inputs = new Set(this.faults.map((fault) => fault.input)).size;
    const heading = inputs === 1 ? '1 input is wrong:' : `${inputs} inputs are wrong:`;
    throw new PhaseliftError('INPUT', lines.length === 1 ? first.text : joined([heading, ...lines], '\n'), {
      object: first.input,
      hint: this.given.help,
    });
  }

  private report(definition: InputDefinition<unknown>, text: Text): void {
    // Of several rules each may be without the same.
    if (this.faults.some((fault) => String(fault.text) === String(text))) return;
    this.faults.push({ input: definition.name, text });
  }
}

function label({ name, env }: InputDefinition<unknown>, origin: Origin): Phrase {
  const input = theInput(name);
  if (origin.from === 'environment') return phrase`environment variable \`${origin.variable}\` (for ${input})`;
  if (origin.from === 'rule') return phrase`${input} in ${origin.place}`;
  const variables = env.map((variable) => `\`${variable}\``).join(', ');
  return variables === '' ? phrase`${input}` : phrase`${input} (or environment variable ${variables})`;
}
