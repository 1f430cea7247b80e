import { expect, test } from '@jest/globals';
import { plainSummary } from '../../testbed/plain-summary.js';

test('a job summary in a terminal has columns, and neither HTML nor entities nor charts', () => {
  const markdown = [
    '## ✅ Backup of <code>shop</code>',
    '',
    '**Backed up as <code>a&#124;b</code>** in 1 sec.',
    '',
    '| Phase | Rate |',
    '| :--- | ---: |',
    '| objects&#58; VIEW | 26&nbsp;MiB/s |',
    '| x | – |',
    '',
    '```mermaid',
    'gantt',
    '```',
    '',
    '<details><summary>1 note</summary>',
    '',
    '- of <span>@</span>somebody',
    '',
    '</details>',
  ];
  expect(plainSummary(markdown.join('\n'))).toBe(
    [
      '## ✅ Backup of shop',
      '',
      'Backed up as a|b in 1 sec.',
      '',
      'Phase              Rate',
      'objects: VIEW  26 MiB/s',
      'x                     –',
      '',
      '1 note:',
      '',
      '- of @somebody',
    ].join('\n'),
  );
});
