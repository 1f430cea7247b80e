import { describe, expect, test } from '@jest/globals';
import { parseHead } from '../../src/archive/head.js';
import { miniArchiveHead } from '../../src/archive/mini-archive.js';
import { entryOf, fixture } from './fixtures.js';

describe.each(['pg17-roles', 'pg18-roles'])('GRANTs of many large objects in %s', (name) => {
  const head = parseHead(fixture(name));
  const acl = entryOf(head, 'ACL', 'LARGE OBJECTS 4711..4712');
  const objects = entryOf(head, 'BLOB METADATA', '4711..4712');
  const ofMini = (...dumpIds: number[]) => entryOf(parseHead(miniArchiveHead(head, new Set(dumpIds))), 'ACL');

  test('GRANTs are written out for each where the objects are not in the same archive', () => {
    expect(ofMini(acl.dumpId)).toMatchObject({
      tag: 'LARGE OBJECT 4711',
      definition: 'GRANT SELECT ON LARGE OBJECT 4711 TO reader;\nGRANT SELECT ON LARGE OBJECT 4712 TO reader;\n',
    });
  });

  test('GRANTs stay as they are beside their objects', () => {
    expect(ofMini(acl.dumpId, objects.dumpId)).toMatchObject({ tag: acl.tag, definition: acl.definition });
  });
});
