/** How workflows name what this project gives them: `$/` and `./` in this repository, OWNER/phaselift@REF as users do. */

/** A `uses` of a step that means this action. */
export const OUR_ACTION = /^(?:\$\/|\.\/|[\w.-]+\/phaselift@[\w.-]+)$/;

const OUR_WORKFLOW =
  /^(?:(?:\$\/|\.\/)(\.github\/workflows\/[\w.-]+)|[\w.-]+\/phaselift\/(\.github\/workflows\/[\w.-]+)@[\w.-]+)$/;

/** The path of the reusable workflow of this project that `uses` names, or null. */
export function ourWorkflow(uses: string): string | null {
  const [, here, elsewhere] = OUR_WORKFLOW.exec(uses) ?? [];
  return here ?? elsewhere ?? null;
}
