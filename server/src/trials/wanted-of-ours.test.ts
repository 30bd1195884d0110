import { expect, test } from 'vitest';
import { GOOD } from '../catalog/file-under-test.ts';
import { readDefinition } from '../catalog/files/read-definition.ts';
import { wantedOfOurs } from './wanted-of-ours.ts';

const LINE = '# yaml-language-server: $schema=./schema.json\n';
const ANSWERS = `examples:
  - { of: probe, body: { id: 1 } }
  - { of: probe, status: 401, means: rejected }
`;

function wanted(text: string, name = 'acme.yaml'): string[] {
  const { definition } = readDefinition(name, text);
  if (definition === null) throw new Error('The file under test is not one.');
  return wantedOfOurs(name, text, definition).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

test('a file that comes along is named by its slug, points editors to the schema, has a known category and both answers to a key', () => {
  const whole = `${LINE}${GOOD}${ANSWERS}`;
  expect(wanted(whole)).toEqual([]);
  expect(wanted(whole, 'copy.yaml')).toEqual(['slug: The file is called acme.yaml, as its slug is.']);
  expect(wanted(`${GOOD}${ANSWERS}`)).toEqual([
    ': Its first line is # yaml-language-server: $schema=./schema.json',
  ]);
  expect(wanted(whole.replace('category: Data', 'category: Anvils'))).toEqual([
    expect.stringMatching(/^category: "category" must be one of: AI, Accounting, /),
  ]);
  expect(wanted(`${LINE}${GOOD}`)).toEqual([
    'examples: The answer to a good key is missing, as it is documented: { of: probe, status: …, body: … }.',
    'examples: The answer to a bad key is missing, as it is documented: { of: probe, status: …, body: …, means: rejected }. Where the tool shows none, say so in the probe\'s note: "Acme does not document …".',
  ]);
  const said = 'method: GET, path: /me }\n  note: Acme does not document what a bad key is answered.';
  const unknown = whole.replace('method: GET, path: /me }', said).replace(/.*means: rejected.*\n/, '');
  expect(wanted(unknown)).toEqual([]);
});
