/** What of action.yml is made of the tables of inputs and outputs, and how it is read. Pure. */
import { parse } from 'yaml';
import { z } from 'zod';
import { ALL_INPUTS } from '../src/inputs/input-table.js';
import { OUTPUT_NAMES } from '../src/report/outputs.js';
import { aboutOf, descriptionEnd, fallbackOf, sentences } from './input-words.js';
import { inYaml, yamlText } from './markers.js';
import { OUTPUT_DESCRIPTIONS } from './output-descriptions.js';

const DESCRIBED = z.record(z.string(), z.strictObject({ description: z.string(), required: z.boolean().optional() }));
const ACTION = z.object({ inputs: DESCRIBED, outputs: DESCRIBED });

/** What scripts and tests use of action.yml. */
export type Action = z.infer<typeof ACTION>;

/** Reads action.yml. Throws on anything but `description` and `required` of an input: a `default` would mask its variable. */
export function parseAction(text: string): Action {
  return ACTION.parse(parse(text));
}

/** action.yml with the parts between its markers made anew. */
export function updatedAction(text: string): string {
  return inYaml(inYaml(text, 'inputs', inputs()), 'outputs', outputs());
}

function inputs(): string {
  return ALL_INPUTS.flatMap((input) => [
    `${input.name}:`,
    `  description: ${yamlText(sentences(aboutOf(input), descriptionEnd(input)))}`,
    // What a variable can give in its place must not be demanded of a workflow.
    ...(fallbackOf(input) === 'required' && input.env.length === 0 ? ['  required: true'] : []),
  ]).join('\n');
}

function outputs(): string {
  return OUTPUT_NAMES.flatMap((name) => [`${name}:`, `  description: ${yamlText(OUTPUT_DESCRIPTIONS[name])}`]).join(
    '\n',
  );
}
