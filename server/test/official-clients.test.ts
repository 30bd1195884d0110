import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client as Notion } from '@notionhq/client';
import { Dropbox } from 'dropbox';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authenticator } from '../src/auth-methods/apply.ts';
import { catalogFolder } from '../src/catalog/built-in.ts';
import type { Definition } from '../src/catalog/definition.ts';
import { readDefinition } from '../src/catalog/read-definition.ts';
import { buildRequest } from '../src/catalog/request.ts';
import { addressOf, basePathOf, methodIdOf } from '../src/connections/method.ts';
import { systemClock } from '../src/lib/clock.ts';
import { Secret } from '../src/lib/secret.ts';
import { type Listening, listenToClients, queryOf, readBody, type Seen } from './official-clients.ts';

let listening: Listening;
beforeAll(async () => {
  listening = await listenToClients();
});
afterAll(() => listening.close());

const KEY = 'fake-key-good-0001';

interface Asked {
  slug: string;
  /** The check, or an action by its name. */
  what: string;
  /** What the client does to ask the same. */
  client: () => unknown;
  inputs?: Record<string, unknown>;
  method?: string;
  credentials?: Record<string, string>;
  fields?: Record<string, string>;
  /** Query parameters that the client sends of its own accord. */
  clientsOwn?: string[];
}

const asked: Asked[] = [
  {
    slug: 'notion',
    what: 'check',
    client: () => new Notion({ auth: KEY, notionVersion: '2022-06-28' }).users.me({}),
  },
  {
    slug: 'dropbox',
    what: 'check',
    method: 'oauth2',
    client: () => new Dropbox({ accessToken: KEY }).usersGetCurrentAccount(),
  },
];

test.each(asked.map((one): [string, string, Asked] => [one.slug, one.what, one]))(
  '%s: %s asks what the official client asks',
  async (_, __, one) => {
    const theirs = await listening.heard(one.client);
    const ours = await requestOf(one);
    expect({ method: ours.method, origin: ours.origin, path: ours.path }).toEqual({
      method: theirs.method,
      origin: theirs.origin,
      path: theirs.path,
    });
    const own = new Set(one.clientsOwn);
    expect(ours.query).toEqual(
      Object.fromEntries(Object.entries(theirs.query).filter(([name]) => !own.has(name))),
    );
    // What says who asks, and in which version of the API: all that we send, exactly as they do.
    expect(theirs.headers).toMatchObject(ours.headers);
    expect(theirs.body).toEqual(ours.body);
  },
);

const SAID_BY_EVERY_CLIENT = new Set(['accept', 'content-type', 'cache-control']);

async function requestOf({ slug, what, inputs = {}, method: wanted, ...given }: Asked): Promise<Seen> {
  const definition = definitionOf(slug);
  const method = definition.auth.find((one) => wanted === undefined || methodIdOf(one) === wanted);
  const template = what === 'check' ? definition.probe?.request : actionOf(definition, what).request;
  if (method === undefined || template === undefined) throw new Error(`${slug} has no ${wanted ?? what}`);
  const built = buildRequest(addressOf(definition, method), template, inputs, given.fields ?? {});
  if (built.kind !== 'ready') throw new Error(built.message);
  const { body, ...head } = built.request;
  const credentials = new Secret(given.credentials ?? { api_key: KEY, access_token: KEY });
  const signer = authenticator(method, credentials, basePathOf(definition, method, given.fields ?? {}));
  const sent = await signer.apply(body === null ? head : { ...head, body }, systemClock.now());
  const url = new URL(sent.url);
  return {
    method: sent.method,
    origin: url.origin,
    path: url.pathname,
    query: queryOf(url),
    headers: Object.fromEntries(
      Object.entries(sent.headers).filter(([name]) => !SAID_BY_EVERY_CLIENT.has(name)),
    ),
    body: readBody(sent.headers['content-type'] ?? '', String(sent.body ?? '')),
  };
}

function actionOf(definition: Definition, name: string): Definition['actions'][number] {
  const action = definition.actions.find((one) => one.name === name);
  if (action === undefined) throw new Error(`${definition.slug} has no action ${name}`);
  return action;
}

function definitionOf(slug: string): Definition {
  const file = `${slug}.yaml`;
  const { definition, problems } = readDefinition(file, readFileSync(join(catalogFolder, file), 'utf8'));
  if (definition === null) throw new Error(JSON.stringify(problems));
  return definition;
}
