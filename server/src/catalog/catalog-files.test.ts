import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkSync } from 'recheck';
import { describe, expect, test } from 'vitest';
import { growthByTen, LINEAR } from '../../test/growth.ts';
import type { Action } from './action-definition.ts';
import { catalogFolder } from './built-in.ts';
import { iconSvg } from './icon.ts';
import { catalogJsonSchema } from './json-schema.ts';
import { foreignKeyForm, readKeyForms } from './key-forms.ts';
import { readPath } from './path.ts';
import { patternProblem } from './pattern-guard.ts';
import { readDefinition } from './read-definition.ts';
import { buildRequest } from './request.ts';
import { placesIn } from './template.ts';

const files = readdirSync(catalogFolder).filter((name) => /\.ya?ml$/.test(name));
const textOf = (name: string) => readFileSync(join(catalogFolder, name), 'utf8');
const keyForms = JSON.parse(textOf('key-forms.json')) as {
  service: string;
  pattern: string;
  integration: string | null;
}[];

/** What is public there: any token reads it. */
const NEED_NO_SCOPE = new Set([
  'github.yaml search_issues',
  'github.yaml find_user',
  'github.yaml get_repository',
]);

describe.each(files)('%s', (name) => {
  const { definition, problems } = readDefinition(name, textOf(name));

  test('has no problem', () => {
    expect(problems).toEqual([]);
  });
  if (definition === null) return;

  test('is named by its slug and points editors to the schema', () => {
    expect(name).toBe(`${definition.slug}.yaml`);
    expect(textOf(name)).toMatch(/^# yaml-language-server: \$schema=\.\/schema\.json\n/);
  });

  test('names a mark that is there, if any', () => {
    const mark = iconSvg(definition);
    if (definition.icon.simple === undefined) expect(mark).toBeNull();
    else expect(mark).toMatch(`<svg fill="${definition.icon.color}" `);
  });

  test('is reached over https alone', () => {
    expect(definition.baseUrl).toMatch(/^(https:\/\/|\{)/);
  });

  test('says for each key where it is found', () => {
    for (const method of definition.auth.filter((one) => one.type === 'api_key'))
      expect(method.keyHelp?.location).toBeTruthy();
  });

  test('says in a sentence when each of several methods is the right one', () => {
    if (definition.auth.length < 2) return;
    for (const method of definition.auth) expect(method.note).toMatch(/^.{30,}\.$/);
  });

  test('signs in over https alone, and says what each permission allows', () => {
    for (const method of definition.auth) {
      if (method.type !== 'oauth2') continue;
      for (const address of [method.authorizeUrl, method.tokenUrl, method.refreshUrl, method.revokeUrl])
        expect(address ?? 'https://').toMatch(/^https:\/\//);
      for (const scope of method.scopes) expect(scope.description).toBeTruthy();
      expect(method.refresh).toBeTruthy();
    }
  });

  test('says where access is withdrawn: an address that is told, or the page where a person does it', () => {
    for (const method of definition.auth.filter((one) => one.type === 'oauth2'))
      expect(method.revokeUrl ?? method.removeUrl).toBeTruthy();
  });

  test('names the scopes of every action, where some of what it asks for need not be ticked', () => {
    const hasOptional = definition.auth.some(
      (method) => method.type === 'oauth2' && method.scopes.some((scope) => scope.optional),
    );
    if (!hasOptional) return;
    const isOpen = (action: Action) =>
      action.scopes.length === 0 && !NEED_NO_SCOPE.has(`${name} ${action.name}`);
    expect(definition.actions.filter(isOpen).map((action) => action.name)).toEqual([]);
  });

  test('sends every secret it asks for', () => {
    for (const method of definition.auth) {
      if (method.type !== 'api_key') continue;
      const sent = new Set(method.send.flatMap((one) => placesIn(one.value)));
      for (const field of method.fields.filter((one) => one.secret)) expect([...sent]).toContain(field.name);
    }
  });

  test.each(definition.actions.map((action): [string, Action] => [action.name, action]))(
    '%s can be built from all its inputs, and every input goes somewhere',
    (_, action) => {
      const inputs = Object.fromEntries(action.inputs.map((input) => [input.name, `value-of-${input.name}`]));
      const fields = Object.fromEntries(
        definition.connectionFields.map((field) => [field.name, field.example ?? 'example']),
      );
      const outcome = buildRequest(definition, action.request, inputs, fields);
      expect(outcome.kind).toBe('ready');
      if (outcome.kind === 'ready')
        for (const input of action.inputs.filter(({ name }) => !placesIn(action.request.mail).includes(name)))
          expect(JSON.stringify(outcome.request)).toContain(`value-of-${input.name}`);
      expect(action.outputs.filter((output) => output.primary)).toHaveLength(1);
      if (action.bulk) expect(Array.isArray(readPath(action.request.body, action.bulk.rowsAt))).toBe(true);
    },
  );

  test('has no regular expression that can run for long', () => {
    const patterns = [
      ...JSON.stringify(definition).matchAll(/"(?:pattern|matches)":("(?:[^"\\]|\\.)*")/g),
    ].map((found) => JSON.parse(found[1] ?? '""') as string);
    for (const pattern of patterns) expect(checkSync(pattern, 'iu').status).toBe('safe');
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
      for (const form of forms) form.matches(text.repeat(length));
  };
  expect(growthByTen(matchAll, 2_000)).toBeLessThan(LINEAR);
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
