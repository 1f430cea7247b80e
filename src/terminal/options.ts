/** The program's options: one for each mode, one for each input (made of the inputs' own table), and a few of its own. */
import { Command, CommanderError, Option } from 'commander';
import { ALL_INPUTS } from '../inputs/input-table.js';
import { MODES } from '../inputs/settings.js';
import { SEE_HELP, usageError } from './wording.js';

/** What was given, by the name of the option: a text, true for one without a value, false for `--no-NAME`. */
export type GivenOptions = ReadonlyMap<string, string | boolean>;

/**
 * Reads the arguments. `--name value` and `--name=value` are the same; the last one counts, but for inputs of several lines.
 * Throws INPUT for what is not known, without the text of any value.
 */
export function parseOptions(args: readonly string[]): GivenOptions {
  const given = new Map<string, string | boolean>();
  const command = makeCommand(given);
  try {
    command.parse([...args], { from: 'user' });
  } catch (error) {
    throw error instanceof CommanderError ? (bareMode(error, command.args) ?? usageFault(error)) : error;
  }
  return given;
}

function makeCommand(given: Map<string, string | boolean>): Command {
  const command = new Command('phaselift')
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: ignore, writeOut: ignore });
  const add = (flags: string, lines = false): void => {
    const option = new Option(flags);
    const name = option.negate ? option.name().replace(/^no-/, '') : option.name();
    command.addOption(option).on(`option:${option.name()}`, (value: string | null | undefined) => {
      if (typeof value !== 'string') {
        given.set(name, !option.negate);
        return;
      }
      if (option.required && !lines) refuseOption(command, name, value);
      const before = lines ? given.get(name) : undefined;
      given.set(name, typeof before === 'string' ? `${before}\n${value}` : value);
    });
  };
  add('-h, --help [topic]');
  add('-V, --version');
  add('--json');
  for (const mode of MODES) if (!ALL_INPUTS.some(({ name }) => name === mode)) add(`--${mode}`);
  for (const { name, kind } of ALL_INPUTS) {
    if (kind === 'flag') {
      // Alone it says yes.
      add(`--${name} [value]`);
      add(`--no-${name}`);
    } else if (MODES.some((mode) => mode === name) && kind === 'lines') {
      // Alone it is the mode of that name.
      add(`--${name} [value]`, true);
    } else {
      // Of several lines: given twice, both count.
      add(`--${name} <value>`, kind === 'lines');
    }
  }
  return command;
}

/** `--database --force` is a forgotten value, not a database of that name. */
function refuseOption(command: Command, name: string, value: string): void {
  const [flag] = value.split('=', 1);
  if (command.options.some(({ long, short }) => flag === long || flag === short)) {
    throw usageError(`\`--${name}\` needs a value, and \`${String(flag)}\` follows it`);
  }
}

/** `phaselift backup`, as other programs have it. No other argument is repeated: it may be a secret. */
function bareMode({ code }: CommanderError, operands: readonly string[]): Error | null {
  const mode = code === 'commander.excessArguments' ? MODES.find((known) => operands.includes(known)) : undefined;
  if (mode === undefined) return null;
  return usageError(
    `there is an argument that belongs to no option: \`${mode}\``,
    `Did you mean \`--${mode}\`? ${SEE_HELP}`,
  );
}

/** The library's error in our words. A value may be a secret, so none is shown. */
function usageFault(error: CommanderError): Error {
  const [first = '', suggestion = ''] = error.message.replace(/^error: /, '').split('\n');
  const flag = /'-?-?([^' <=]+)/.exec(first)?.[0].slice(1) ?? '';
  switch (error.code) {
    case 'commander.unknownOption': {
      if (first.includes('=')) return unknownAgain(flag);
      const meant = /\(Did you mean (?:one of )?(.+?)\?\)/.exec(suggestion)?.[1];
      const question = meant === undefined ? '' : `Did you mean ${meant.replace(/--?[\w-]+/g, '`$&`')}? `;
      return usageError(`there is no option \`${flag}\``, `${question}${SEE_HELP}`);
    }
    case 'commander.optionMissingArgument': {
      const name = /'.*?(--[\w-]+)/.exec(first)?.[1] ?? flag;
      return usageError(`\`${name}\` needs a value, and none follows it`);
    }
    case 'commander.excessArguments':
      return usageError(
        'there is an argument that belongs to no option',
        'Everything is given as `--name value`; put quotes around values with spaces.',
      );
    default:
      return usageError(first);
  }
}

/** For a suggestion, the library must see the name without its value. Without it the name may be known. */
function unknownAgain(flag: string): Error {
  try {
    parseOptions([flag]);
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return usageError(`\`${flag}\` takes no value`);
}

function ignore(): void {
  // Errors are thrown, and said once, in our own words.
}
