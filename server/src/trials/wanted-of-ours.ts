import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { catalogFolder } from '../catalog/built-in.ts';
import type { FileProblem } from '../catalog/checks/source-file.ts';
import type { Definition } from '../catalog/definition.ts';

/** One word for each kind of tool, so that people find them side by side; users' own files may have their own. */
const knownCategories = () =>
  z.array(z.string()).parse(JSON.parse(readFileSync(join(catalogFolder, 'categories.json'), 'utf8')));

/**
 * What every file of the catalog has, and a file of one's own need not: its slug for a name, a known category, the two
 * answers that decide whether a key is believed.
 */
export function wantedOfOurs(name: string, text: string, definition: Definition): FileProblem[] {
  const problems: FileProblem[] = [];
  const { slug, category, examples, auth } = definition;
  if (name !== `${slug}.yaml`)
    problems.push({ path: ['slug'], message: `The file is called ${slug}.yaml, as its slug is.` });
  if (!text.startsWith(SCHEMA_LINE)) problems.push({ path: [], message: `Its first line is ${SCHEMA_LINE}` });
  const categories = knownCategories();
  if (!categories.includes(category))
    problems.push({
      path: ['category'],
      message: `"category" must be one of: ${categories.join(', ')}.`,
    });
  const has = (of: string, ...means: string[]) =>
    examples.some((example) => example.of === of && means.includes(example.means));
  const probes = [definition.probe, ...auth.map(({ probe }) => probe)].filter((one) => one !== undefined);
  if (probes.length > 0 && !has('probe', 'success'))
    problems.push({ path: ['examples'], message: missing('probe', 'a good key') });
  const isRefused = REFUSED.some((means) => has('probe', means)) || has('token', 'rejected');
  if (!isRefused && !probes.every(({ note }) => /not document/.test(note ?? '')))
    problems.push({
      path: ['examples'],
      message: `${missing('probe', 'a bad key', ', means: rejected')} Where the tool shows none, say so in the probe's note: "${definition.name} does not document …".`,
    });
  if (auth.some(({ type }) => type === 'oauth2') && !has('token', 'success'))
    problems.push({ path: ['examples'], message: missing('token', 'a sign-in') });
  return problems;
}

const SCHEMA_LINE = '# yaml-language-server: $schema=./schema.json';
const REFUSED = ['rejected', 'expired', 'revoked', 'wrong_account'];

function missing(of: string, to: string, means = ''): string {
  return `The answer to ${to} is missing, as it is documented: { of: ${of}, status: …, body: …${means} }.`;
}

/** Actions of which the file shows no answer that worked: that they read the right ones is not proved. */
export function undocumented(definition: Definition): string[] {
  const worked = definition.examples.filter(({ means }) => means === undefined || means === 'success');
  const shown = new Set(worked.map(({ of }) => of.replace(/\.poll$/, '')));
  return definition.actions.map(({ name }) => name).filter((name) => !shown.has(name));
}
