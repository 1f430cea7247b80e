import { format, resolveConfig } from 'prettier';
import { ALL_INPUTS } from '../src/inputs/definitions.js';
import { descriptionEnd, type Action } from './readme-tables.js';

/** The module `src/terminal/descriptions.ts`: each description without its end, which the definitions say themselves. */
export async function descriptionsModule(action: Action): Promise<string> {
  const entries = ALL_INPUTS.map((definition) => {
    const description = action.inputs[definition.name]?.description ?? '';
    const end = descriptionEnd(definition);
    const text = description.endsWith(end) ? description.slice(0, description.length - end.length) : description;
    return [definition.name, text.trim()];
  });
  const source = `/**
 * What each input is for, by its name. Made of action.yml by scripts/generate-descriptions.ts: change it there.
 */
export const DESCRIPTIONS: Readonly<Record<string, string>> = ${JSON.stringify(Object.fromEntries(entries))};
`;
  const options = await resolveConfig('src/terminal/descriptions.ts');
  return format(source, { ...options, parser: 'typescript' });
}
