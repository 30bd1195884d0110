import { afterAll, beforeEach, expect, test } from 'vitest';
import { readAccount } from '../server/src/catalog/answers/extract.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import { resolveBaseUrl } from '../server/src/catalog/requests/base-url.ts';
import { definitionOf, fieldsOf, probed, ran, stoodInBy } from './calls-under-test.ts';
import { sandboxUpstreams, startSandbox } from './start.ts';

let now = 1_000_000;
const sandbox = await startSandbox({ slowMs: 50, nowMs: () => now });
afterAll(() => sandbox.close());
beforeEach(() => {
  sandbox.reset();
  now += 3_600_000;
});

const stoodIn = stoodInBy(sandbox);
const SLUGS = stoodIn.map((definition) => definition.slug);
const probe = (slug: string, kind: string) => probed(sandbox, slug, kind);

const ERRORS_INSIDE: Record<string, string> = {
  apollo: 'rejected',
  linear: 'invalid_request',
  slack: 'provider_error',
};

test.each(
  SLUGS.flatMap((slug): [string, string, string][] => [
    [slug, 'good', 'success'],
    [slug, 'good-anna', 'success'],
    // Salesforce says of both that the session is invalid or has ended.
    [slug, 'bad', slug === 'salesforce' ? 'expired' : 'rejected'],
    [slug, 'unheard-of', slug === 'salesforce' ? 'expired' : 'rejected'],
    [
      slug,
      'limited',
      slug === 'hunter' || slug === 'betterenrich'
        ? slug === 'hunter'
          ? 'missing_permission'
          : 'rejected'
        : 'missing_permission',
    ],
    [slug, 'throttled', slug === 'salesforce' ? 'out_of_credits' : 'rate_limited'],
    [slug, 'down', 'provider_error'],
    [slug, 'html', 'nonsense'],
    [slug, 'slow', 'success'],
    [slug, 'error200', ERRORS_INSIDE[slug] ?? 'nonsense'],
  ]),
)('%s: a key that is "%s" is judged %s', async (slug, kind, expected) => {
  expect((await probe(slug, kind)).kind).toBe(expected);
});

test.each(['hunter', 'betterenrich'])(
  '%s: a key without credits is judged out of credits, and a top-up heals it',
  async (slug) => {
    expect((await probe(slug, 'no-credits')).kind).toBe('out_of_credits');
    sandbox.topUp(`sandbox-${slug}-no-credits`, 10);
    expect((await probe(slug, 'no-credits')).kind).toBe('success');
  },
);

test('a key that is withdrawn is rejected from then on', async () => {
  expect((await probe('hunter', 'good')).kind).toBe('success');
  sandbox.revoke('sandbox-hunter-good');
  expect((await probe('hunter', 'good')).kind).toBe('rejected');
});

test('a provider that was down for three calls works again', async () => {
  const kinds = [];
  for (let call = 0; call < 4; call++) kinds.push((await probe('hunter', 'down-3')).kind);
  expect(kinds).toEqual(['provider_error', 'provider_error', 'provider_error', 'success']);
});

const findEmail = definitionOf('hunter').actions.find((action) => action.primary) as Action;

test('the same question gets the same answer, about twelve in a hundred find nobody, and some must be asked again', async () => {
  const kinds: string[] = [];
  for (let row = 0; row < 200; row++) {
    now += 100;
    kinds.push(
      (
        await ran(sandbox, 'hunter', findEmail, {
          domain: `firm${row}.example`,
          first_name: 'Jo',
          last_name: 'Doe',
        })
      ).kind,
    );
  }
  const nobody = kinds.filter((kind) => kind === 'no_result').length;
  expect(nobody).toBeGreaterThan(10);
  expect(nobody).toBeLessThan(45);
  expect(sandbox.log.counts({ path: '/v2/email-finder' }).some((count) => count.status === 202)).toBe(true);
  expect(sandbox.log.answeredTwice()).toEqual([]);
  await ran(sandbox, 'hunter', findEmail, { domain: 'firm0.example', first_name: 'Jo', last_name: 'Doe' });
  expect(sandbox.log.answeredTwice()).toHaveLength(1);
});

test('credits run out after so many addresses found', async () => {
  const kinds: string[] = [];
  for (let row = 0; row < 12; row++) {
    kinds.push(
      (
        await ran(
          sandbox,
          'hunter',
          findEmail,
          { domain: `firm${row}.example`, first_name: 'Jo', last_name: 'Doe' },
          'credits-5',
        )
      ).kind,
    );
  }
  expect(kinds.filter((kind) => kind === 'success')).toHaveLength(5);
  expect(kinds.at(-1)).toBe('out_of_credits');
});

test("the provider's documented limit is kept: the sixteenth call of a second is throttled, the next second is free", async () => {
  const ask16 = async () => {
    const kinds = [];
    for (let call = 0; call < 16; call++) kinds.push((await probe('hunter', 'good')).kind);
    return kinds;
  };
  expect((await ask16()).filter((kind) => kind === 'rate_limited')).toHaveLength(1);
  now += 1000;
  expect((await probe('hunter', 'good')).kind).toBe('success');
});

test('the account is named, so that two keys are told apart', async () => {
  const definition = definitionOf('hunter');
  const outcome = await probe('hunter', 'good-anna');
  expect(
    readAccount(definition.probe?.account ?? {}, outcome.kind === 'success' ? outcome.json : null),
  ).toMatchObject({ label: 'good-anna@hunter.sandbox.example', plan: 'Growth', creditsLeft: 1_000_000 });
});

test('the settings name every origin of the catalog and exactly the private addresses that are used', () => {
  const settings = sandboxUpstreams(sandbox);
  for (const definition of stoodIn) {
    const base = resolveBaseUrl(definition, fieldsOf(definition));
    expect(base.kind).toBe('ready');
    if (base.kind === 'ready')
      expect(settings.upstreams).toContain(`${new URL(base.url).origin}=http://127.0.0.1:`);
  }
  const targets = new Set(sandbox.upstreams.map(({ target }) => new URL(target).host));
  expect(settings.allowedPrivateHosts.split(',')).toEqual([...targets]);
});

test('the 200 MB answer and the one that unpacks to 200 MB begin and can be left', async () => {
  const upstream = sandbox.upstreams.find((one) => one.slug === 'hunter');
  for (const kind of ['huge', 'bomb']) {
    const response = await fetch(`${upstream?.target}/v2/account`, {
      headers: { 'x-api-key': `sandbox-hunter-${kind}` },
    });
    const reader = response.body?.getReader();
    let bytes = 0;
    while (bytes < 5_000_000) bytes += (await reader?.read())?.value?.length ?? Number.POSITIVE_INFINITY;
    await reader?.cancel();
    expect(bytes).toBeLessThan(Number.POSITIVE_INFINITY);
  }
});

test('the start page lists the keys, and calls can be counted and forgotten over HTTP', async () => {
  expect(await (await fetch(sandbox.url)).text()).toContain('sandbox-hunter-good');
  await probe('hunter', 'good');
  const calls = async () =>
    (
      (await (await fetch(`${sandbox.url}/calls?provider=hunter&key=sandbox-hunter-good`)).json()) as {
        total: number;
      }
    ).total;
  expect(await calls()).toBe(1);
  await fetch(`${sandbox.url}/reset`, { method: 'POST' });
  expect(await calls()).toBe(0);
});
