import { afterAll, beforeEach, expect, test } from 'vitest';
import { extractOutputs } from '../server/src/catalog/answers/extract.ts';
import type { Outcome } from '../server/src/catalog/answers/outcome.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import { AWS_KEYS } from './aws/keys.ts';
import { asked, definitionOf, inputsFor, ran, stoodInBy } from './calls-under-test.ts';
import { startSandbox } from './start.ts';
import { AWS_KEY_ID, givenTo } from './values-under-test.ts';

let now = 1_000_000;
const sandbox = await startSandbox({ nowMs: () => now });
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.reset();
  now += 3_600_000;
});

/** Not for a key of one's own. */
const FOR_APPS = new Set(['github list_installation_repositories']);

test.each(
  stoodInBy(sandbox).flatMap(({ slug, actions }) =>
    actions
      .filter(({ name }) => !FOR_APPS.has(`${slug} ${name}`))
      .map((action): [string, string, Action] => [slug, action.name, action]),
  ),
)('%s %s gets an answer its outputs can be read from', async (slug, _, action) => {
  expectOutputs(action, await ran(sandbox, slug, action, givenTo(slug, action)));
});

test.each(
  ['aws', 'aws-s3', 'aws-ses'].flatMap((slug) =>
    definitionOf(slug).actions.map((action): [string, string, Action] => [slug, action.name, action]),
  ),
)('%s %s, signed, gets an answer its outputs can be read from', async (slug, _, action) => {
  const definition = definitionOf(slug);
  const [method] = definition.auth;
  if (method === undefined) throw new Error('no method');
  const fields = { region: 'eu-central-1' };
  const secret = AWS_KEYS[AWS_KEY_ID].secret;
  const values = { access_key_id: AWS_KEY_ID, secret_access_key: secret, ...fields };
  const what = { kind: 'action', action, step: 'submit' } as const;
  const inputs = inputsFor(action, givenTo(slug, action));
  const entered = { method, values, fields };
  const outcome = await asked(sandbox, definition, what, action.request, inputs, entered, new Date(now));
  expect(outcome).not.toMatchObject({ json: null });
  expectOutputs(action, outcome);
});

function expectOutputs(action: Action, outcome: Outcome): void {
  expect(outcome.kind).toBe('success');
  const json = outcome.kind === 'success' ? outcome.json : null;
  // Some only say that it is done.
  if (json === null) return;
  const primary = action.outputs.find((output) => output.primary);
  expect(extractOutputs(action.outputs, json)[primary?.name ?? '']).not.toBeNull();
}
