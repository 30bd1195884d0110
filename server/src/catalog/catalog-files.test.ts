import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSync } from 'recheck';
import { describe, expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../test/growth.ts';
import { prudence } from '../trials/prudence.ts';
import { wantedOfOurs } from '../trials/wanted-of-ours.ts';
import { catalogFolder } from './built-in.ts';
import { patternsIn } from './checks/check-definition.ts';
import { patternProblem } from './checks/pattern-guard.ts';
import { parseSourceFile } from './checks/source-file.ts';
import type { Action } from './definition/action-definition.ts';
import { readDefinition } from './files/read-definition.ts';
import { catalogJsonSchema } from './json-schema.ts';
import { foreignKeyForm, readKeyForms } from './key-forms.ts';
import { methodIdOf } from './methods.ts';

/** Fast checks of the files' form. What comes of their answers: trials/catalog.test.ts. */
const files = readdirSync(catalogFolder).filter((name) => /\.ya?ml$/.test(name));
const textOf = (name: string) => readFileSync(join(catalogFolder, name), 'utf8');
const keyForms = JSON.parse(textOf('key-forms.json')) as {
  service: string;
  pattern: string;
  integration: string | null;
}[];

/** Many files have the same ones, and each takes its time. */
const known = new Map<string, string>();
function analysed(pattern: string): string {
  const status = known.get(pattern) ?? checkSync(pattern, 'iu').status;
  known.set(pattern, status);
  return status;
}

/** What is public there: any token reads it. */
const NEED_NO_SCOPE = new Set([
  'github.yaml search_issues',
  'github.yaml find_user',
  'github.yaml get_repository',
  'spotify.yaml search_tracks',
  'spotify.yaml get_track',
  'youtube.yaml search_videos',
  'youtube.yaml get_video',
  'youtube.yaml find_channel',
]);

describe.each(files)('%s', (name) => {
  const text = textOf(name);
  const { definition, problems } = readDefinition(name, text);
  const source = parseSourceFile(text);

  test('has no problem', () => {
    expect(problems.map(({ line, column, message }) => `${line}:${column}: ${message}`)).toEqual([]);
  });
  if (definition === null) return;

  test('is as one of our files should be', () => {
    const found = prudence(definition).map((one) => `${source.locate(one).line}: ${one.message}`);
    expect(found).toEqual([]);
  });

  test('has its own name, a known category, https, and the documented answers to a good key, a bad one and a sign-in', () => {
    const found = wantedOfOurs(name, text, definition).map((one) => one.message);
    expect(found).toEqual([]);
  });

  test('links to pages over https', () => {
    for (const { docsUrl } of definition.actions) expect(docsUrl ?? 'https://').toMatch(/^https:\/\//);
  });

  test('names the scopes of every action, where some of what it asks for need not be ticked', () => {
    const hasOptional = definition.auth.some(
      (method) => method.type === 'oauth2' && method.scopes.some((scope) => scope.optional),
    );
    if (!hasOptional) return;
    const signIns = definition.auth.flatMap((method) =>
      method.type === 'oauth2' ? [methodIdOf(method)] : [],
    );
    const isOpen = (action: Action) =>
      action.scopes.length === 0 &&
      (action.methods ?? signIns).some((method) => signIns.includes(method)) &&
      !NEED_NO_SCOPE.has(`${name} ${action.name}`);
    expect(definition.actions.filter(isOpen).map((action) => action.name)).toEqual([]);
  });

  test('has no regular expression that can run for long', () => {
    for (const { pattern } of patternsIn(source.value))
      expect([pattern, analysed(pattern)]).toEqual([pattern, 'safe']);
  });
});
test('the JSON schema for editors is the one the loader has (node server/src/catalog/write-json-schema.ts makes it)', () => {
  expect(JSON.parse(textOf('schema.json'))).toEqual(JSON.parse(catalogJsonSchema()));
});

test.each([
  ['apollo', 'Settings > API keys'],
  ['hunter', 'Dashboard > API key'],
  ['betterenrich', 'Dashboard > Your API key'],
  ['instantly', 'Settings > API'],
  ['smartlead', 'Settings > API'],
  ['heyreach', 'Settings > Integrations'],
])('the key of %s is found at %s', (slug, location) => {
  expect(readDefinition('', textOf(`${slug}.yaml`)).definition?.auth[0]?.keyHelp?.location).toBe(location);
});

test('Hunter finds emails first, and says so', () => {
  const primary = readDefinition('', textOf('hunter.yaml')).definition?.actions.find(
    (action) => action.primary,
  );
  expect(primary).toMatchObject({ name: 'find_email', label: 'Find email' });
});

test('the forms of keys can be matched without running for long', () => {
  // Not by the exact analysis: it gives up on long counted parts, which these are made of.
  expect(keyForms.filter((form) => patternProblem(form.pattern) !== null)).toEqual([]);
  const forms = readKeyForms(keyForms);
  const matchAll = (length: number) => {
    for (const text of ['a', 'sk-proj-', '-', '1'])
      for (const form of forms) form.matches(text.repeat(length).slice(0, length));
  };
  // Nothing longer than five thousand signs is looked at.
  expect(growthByTen(matchAll, 500)).toBeLessThan(LINEAR);
});

test("another service's key is pointed out by its form, and a key of the right service is not", () => {
  const forms = readKeyForms(keyForms);
  expect(foreignKeyForm(forms, 'hunter', `gsk_${'a1'.repeat(26)}`)).toEqual({
    service: 'Groq',
    integration: 'groq',
  });
  expect(foreignKeyForm(forms, 'groq', `gsk_${'a1'.repeat(26)}`)).toBeNull();
  expect(foreignKeyForm(forms, 'hunter', 'ab12'.repeat(10))).toBeNull();
  expect(foreignKeyForm(forms, 'apollo', `${'aB3'.repeat(7)}x`)).toBeNull();
  expect(foreignKeyForm(forms, 'hunter', 'x'.repeat(1_000_000))).toBeNull();
});
