import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The layers of the source tree, from the ground up; docs/design.md says what each is for. A module may use what stands on
 * the floors below its own, and its own folder; folders of one floor do not know each other.
 */
const FLOORS = [
  ['foundation'],
  ['age', 'archive', 'process'],
  ['postgres', 'store'],
  ['plan', 'retention', 'fleet'],
  ['engine', 'dump', 'verify'],
  ['report'],
  ['inputs'],
  ['checks'],
  ['commands'],
  ['terminal'],
];

/** Folders of the packages that may be used. */
const { bundled } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'));
const BUNDLED = `(^|/)node_modules/(${bundled.join('|')})/`;

/** Programs: the action's main step, its post step, the command line. */
const ENTRIES = '^src/(index|post-index|cli-index)\\.ts$';

const folders = (names) => `^src/(${names.join('|')})/`;

/** One rule for each folder: what it may not use. The files of `src` itself put everything together, and nobody uses them. */
const arrows = FLOORS.flatMap((floor, height) =>
  floor.map((folder) => {
    const others = [...floor.filter((other) => other !== folder), ...FLOORS.slice(height + 1).flat()];
    return {
      name: `no-arrow-up-from-${folder}`,
      comment: `${folder}/ uses its own folder and the floors below`,
      severity: 'error',
      from: { path: folders([folder]) },
      to: { path: [...(others.length > 0 ? [folders(others)] : []), '^src/[^/]+\\.ts$'] },
    };
  }),
);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...arrows,
    {
      name: 'every-folder-has-a-floor',
      comment: 'a new folder gets its place in FLOORS',
      severity: 'error',
      from: {},
      to: { path: '^src/[^/]+/', pathNot: folders(FLOORS.flat()) },
    },
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-module-without-a-user',
      comment: 'what no program reaches is dead, or belongs to the tests',
      severity: 'error',
      from: { path: ENTRIES },
      to: { path: '^src/', pathNot: ENTRIES, reachable: false },
    },
    {
      name: 'archive-and-plan-are-pure',
      comment: 'they compute; files, processes and the network are for others',
      severity: 'error',
      from: { path: folders(['archive', 'plan', 'retention']) },
      to: { path: '^(node:)?(fs|child_process|net|http|https|os|dns|tls)(/|$)' },
    },
    {
      name: 'only-process-starts-processes',
      severity: 'error',
      from: { path: '^src/', pathNot: folders(['process']) },
      to: { path: '^(node:)?child_process$|/@actions/exec/' },
    },
    { name: 'nothing-unresolved', severity: 'error', from: { path: '^src/' }, to: { couldNotResolve: true } },
    {
      name: 'bundled-packages-only',
      comment: 'what goes into dist/ stands under `bundled` in package.json; nothing is installed with the package',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '(^|/)node_modules/', pathNot: BUNDLED, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
    doNotFollow: { path: 'node_modules' },
  },
};
