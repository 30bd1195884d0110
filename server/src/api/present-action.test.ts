import { expect, test } from 'vitest';
import { answerValue } from '../catalog/answers/answer-value.ts';
import { extractOutputs } from '../catalog/answers/extract.ts';
import { catalogFolder } from '../catalog/built-in.ts';
import type { Definition } from '../catalog/definition.ts';
import { loadCatalog } from '../catalog/load.ts';
import { fitValue } from '../tables/value.ts';
import { presentAction } from './present-action.ts';

const catalog = await loadCatalog({ builtIn: catalogFolder });
const definitions = catalog.list().flatMap(({ slug }) => catalog.get(slug) ?? []);

test('what a documented answer gives fits the column that is suggested for it', () => {
  const fits = definitions.flatMap(fitsOf);
  expect(fits.length).toBeGreaterThan(2_000);
  expect(fits.filter((message) => message !== null)).toEqual([]);
});

/** For each output of each answer null, or why a column does not take it. */
function fitsOf(definition: Definition): (string | null)[] {
  return definition.examples.flatMap(({ of, means, text, body, headers }) => {
    const action = definition.actions.find(({ name }) => name === of.replace(/\.poll$/, ''));
    if (action === undefined || means !== 'success') return [];
    const said = text ?? (body === undefined ? '' : JSON.stringify(body));
    const values = extractOutputs(action.outputs, answerValue(definition, said), headers);
    return presentAction(action, definition).outputs.map(({ name, type }) => {
      const fit = fitValue(type, values[name]);
      return fit.kind === 'fits' ? null : `${definition.slug}, ${of}, ${name}: ${fit.message}`;
    });
  });
}
