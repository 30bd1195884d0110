import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

/** The forms of keys that Keyrail knows, looked for in Keyrail itself: whoever pastes a real one into a test is told. */
const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['bench', 'catalog', 'contract', 'docs', 'e2e', 'sandbox', 'scripts', 'sdk', 'server', 'web'];
const LEFT_OUT = /(^|\/)(node_modules|dist|\.[^/]+)(\/|$)|^catalog\/key-forms\.json$/;
const TEXT = /\.(ts|tsx|mjs|json|yaml|md|csv|sql|css|html)$/;

interface Form {
  service: string;
  pattern: string;
}
const forms = (JSON.parse(readFileSync(join(root, 'catalog/key-forms.json'), 'utf8')) as Form[]).map(
  ({ service, pattern }) => ({
    service,
    shape: new RegExp(`(?<![\\w-])(?:${pattern.replace(/^\^|\$$/g, '')})(?![\\w-])`, 'g'),
  }),
);
const PEM = /-----BEGIN [A-Z ]*PRIVATE KEY-----(\\n|\s)*[A-Za-z0-9+/]{40}/g;
/** What keys in tests and examples say of themselves. `postgres://` alone is no address. */
const OBVIOUSLY_NONE = /example|fake|sandbox|planted|^postgres:\/\/$/i;

/** What looks like a key in a text and does not say that it is none. */
const keysIn = (text: string): string[] =>
  [...forms.map(({ shape }) => shape), PEM]
    .flatMap((shape) => [...text.matchAll(shape)].map(([found]) => found))
    .filter((found) => !OBVIOUSLY_NONE.test(found));

const files = FOLDERS.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => `${folder}/${name}`),
).filter((path) => TEXT.test(path) && !LEFT_OUT.test(path));

test('no file of Keyrail holds what has the form of a real key', () => {
  expect(files.length).toBeGreaterThan(800);
  const found = files.flatMap((path) =>
    keysIn(readFileSync(join(root, path), 'utf8')).map((key) => `${path}: ${key.slice(0, 8)}…`),
  );
  expect(found).toEqual([]);
});

test('a key that is pasted in is found', () => {
  // Put together here, so that this file holds none.
  expect(keysIn(`const key = '${'AKIA'}${'QWERTZUIOPASDFGH'}';`)).toHaveLength(1);
  expect(keysIn(`${'-----BEGIN '}PRIVATE KEY-----\n${'MIIEvQ'.repeat(8)}`)).toHaveLength(1);
});
