/** An integration that is nobody's: what a catalog file says besides its actions and where it is. */
const head = {
  slug: 'finder',
  name: 'Finder',
  category: 'Test',
  description: 'Finds things.',
  homepage: 'https://finder.example',
  docs_url: 'https://finder.example/docs',
  icon: { text: 'F', color: '#000000' },
  auth: [
    {
      type: 'api_key',
      fields: [{ name: 'api_key', label: 'API key' }],
      send: [{ in: 'header', name: 'x-api-key', value: '{api_key}' }],
      key_help: { location: 'Settings' },
    },
  ],
  sources: [{ at: 'test', for: ['auth'] }],
  checked: '2026-01-01',
};

/** `GET /find?name=` answers `{ data: { email, score } }`; harmless to repeat. */
export const find = {
  name: 'find',
  label: 'Find',
  description: 'Finds.',
  primary: true,
  request: { method: 'GET', path: '/find', query: { name: '{name}' } },
  inputs: [{ name: 'name', label: 'Name', type: 'text', required: true }],
  outputs: [
    { name: 'email', label: 'Email', type: 'email', path: 'data.email', primary: true },
    { name: 'score', label: 'Score', type: 'integer', path: 'data.score' },
  ],
  no_result: [{ body: { path: 'data.email', empty: true } }],
  repeatable: true,
};

/** The definition of an integration at this origin, as its catalog file says it; `definitionSchema` reads it. */
export function finder(origin: string, actions: readonly object[] = [find]): object {
  return { ...head, base_url: origin, actions };
}

/** The same as the text of a catalog file: JSON is YAML. */
export function finderFile(origin: string, actions?: readonly object[]): string {
  return JSON.stringify(finder(origin, actions));
}
