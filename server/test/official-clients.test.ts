import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import netlify from '@netlify/open-api' with { type: 'json' };
import { Client as Notion } from '@notionhq/client';
import Perplexity from '@perplexity-ai/perplexity_ai';
import ZeroBounce from '@zerobounce/zero-bounce-sdk';
import { APIClient as CustomerIo, RegionEU, RegionUS, SendEmailRequest } from 'customerio-node';
import { Dropbox } from 'dropbox';
import Groq from 'groq-sdk';
import NeverBounce from 'neverbounce';
import { ServerClient as Postmark } from 'postmark';
import { Resend } from 'resend';
import * as serpApi from 'serpapi';
import Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { authenticator } from '../src/auth-methods/apply.ts';
import { catalogFolder } from '../src/catalog/built-in.ts';
import type { Definition } from '../src/catalog/definition.ts';
import { readDefinition } from '../src/catalog/files/read-definition.ts';
import { methodIdOf } from '../src/catalog/methods.ts';
import { buildRequest } from '../src/catalog/requests/request.ts';
import { addressOf, basePathOf } from '../src/connections/method.ts';
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
  /** Where the provider documents two paths for the same, and the client takes the other. */
  clientsPath?: string;
  /** What the client sends of its own accord: parameters and members of the body that say who it is, or nothing. */
  clientsOwn?: string[];
  /** Parameters and members that we send besides. */
  onlyOurs?: string[];
}

function zeroBounce(): ZeroBounce {
  const client = new ZeroBounce();
  client.init(KEY);
  return client;
}

/** In the version of the API that the file is written for. */
function stripe(): Stripe {
  return new Stripe(KEY, {
    apiVersion: '2025-06-30.basil' as never,
    httpClient: Stripe.createFetchHttpClient(),
    maxNetworkRetries: 0,
  });
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
  {
    slug: 'neverbounce',
    what: 'check',
    client: () => new NeverBounce({ apiKey: KEY }).account.info(),
  },
  {
    slug: 'neverbounce',
    what: 'verify_email',
    inputs: { email: 'jane@example.com', timeout: 7 },
    client: () => new NeverBounce({ apiKey: KEY }).single.check('jane@example.com', undefined, undefined, 7),
    onlyOurs: ['address_info', 'credits_info'],
  },
  {
    slug: 'neverbounce',
    what: 'job_status',
    inputs: { job_id: 3445 },
    client: () => new NeverBounce({ apiKey: KEY }).jobs.status(3445),
  },
  {
    slug: 'zerobounce',
    what: 'check',
    fields: { region: 'api' },
    client: () => zeroBounce().getCredits(),
  },
  {
    slug: 'zerobounce',
    what: 'validate_email',
    fields: { region: 'api' },
    inputs: { email: 'jane@example.com', ip_address: '192.0.2.7' },
    client: () => zeroBounce().validateEmail('jane@example.com', { ip_address: '192.0.2.7' }),
  },
  {
    slug: 'serpapi',
    what: 'check',
    client: () => serpApi.getAccount({ api_key: KEY }),
    clientsPath: '/account',
    clientsOwn: ['source'],
  },
  {
    slug: 'serpapi',
    what: 'google_search',
    inputs: { q: 'acme careers', engine: 'google', gl: 'us' },
    client: () => serpApi.getJson({ api_key: KEY, engine: 'google', q: 'acme careers', gl: 'us' }),
    clientsPath: '/search',
    clientsOwn: ['output', 'source'],
  },
  { slug: 'groq', what: 'check', client: () => new Groq({ apiKey: KEY }).models.list() },
  {
    slug: 'groq',
    what: 'chat',
    inputs: { model: 'llama-3.3-70b-versatile', prompt: 'Hello', temperature: 0.5, max_completion_tokens: 9 },
    client: () =>
      new Groq({ apiKey: KEY }).chat.completions.create({
        model: 'llama-3.3-70b-versatile',
        messages: [{ role: 'user', content: 'Hello' }],
        temperature: 0.5,
        max_completion_tokens: 9,
      }),
  },
  {
    slug: 'perplexity',
    what: 'ask',
    inputs: { question: 'Who?', model: 'perplexity/sonar', instructions: 'Be brief.', max_output_tokens: 50 },
    client: () =>
      new Perplexity({ apiKey: KEY }).responses.create({
        input: 'Who?',
        model: 'perplexity/sonar',
        instructions: 'Be brief.',
        max_output_tokens: 50,
      }),
  },
  {
    slug: 'perplexity',
    what: 'search',
    inputs: { query: 'Acme', max_results: 3, country: 'US', recency: 'week', domains: ['acme.com'] },
    client: () =>
      new Perplexity({ apiKey: KEY }).search.create({
        query: 'Acme',
        max_results: 3,
        country: 'US',
        search_recency_filter: 'week',
        search_domain_filter: ['acme.com'],
      }),
  },
  {
    slug: 'customer-io',
    what: 'find_person',
    credentials: { app_api_key: KEY },
    fields: { host: 'api-eu.customer.io' },
    inputs: { email: 'anna@acme.example' },
    client: () => new CustomerIo(KEY, { region: RegionEU }).getCustomersByEmail('anna@acme.example'),
  },
  {
    slug: 'customer-io',
    what: 'get_attributes',
    credentials: { app_api_key: KEY },
    fields: { host: 'api.customer.io' },
    inputs: { person: 'u1', id_type: 'id' },
    client: () => new CustomerIo(KEY, { region: RegionUS }).getAttributes('u1'),
  },
  {
    slug: 'customer-io',
    what: 'send_email',
    credentials: { app_api_key: KEY },
    fields: { host: 'api.customer.io' },
    inputs: { message: 7, to: 'anna@acme.example', data: { name: 'Anna' } },
    client: () =>
      new CustomerIo(KEY, { region: RegionUS }).sendEmail(
        new SendEmailRequest({
          transactional_message_id: 7,
          to: 'anna@acme.example',
          identifiers: { email: 'anna@acme.example' },
          message_data: { name: 'Anna' },
        }),
      ),
    clientsOwn: ['attachments', 'headers'],
  },
  { slug: 'stripe', what: 'check', client: () => stripe().accounts.retrieveCurrent() },
  {
    slug: 'stripe',
    what: 'find_customer',
    inputs: { email: 'jane@example.com' },
    client: () => stripe().customers.list({ email: 'jane@example.com', limit: 10 }),
  },
  {
    slug: 'stripe',
    what: 'create_customer',
    inputs: { email: 'jane@example.com', name: 'Jane Doe' },
    client: () => stripe().customers.create({ email: 'jane@example.com', name: 'Jane Doe' }),
  },
  {
    slug: 'stripe',
    what: 'get_payment',
    inputs: { payment: 'pi_1' },
    client: () => stripe().paymentIntents.retrieve('pi_1'),
  },
  {
    slug: 'stripe',
    what: 'find_invoices',
    inputs: { customer: 'cus_1', status: 'open' },
    client: () => stripe().invoices.list({ customer: 'cus_1', status: 'open', limit: 10 }),
  },
  {
    slug: 'postmark',
    what: 'check',
    client: () => new Postmark(KEY).getDeliveryStatistics(),
    clientsPath: '/deliveryStats',
  },
  {
    slug: 'postmark',
    what: 'send_email',
    inputs: { from: 'a@example.com', to: 'b@example.com', subject: 'Hi', text: 'Hello', stream: 'outbound' },
    client: () =>
      new Postmark(KEY).sendEmail({
        From: 'a@example.com',
        To: 'b@example.com',
        Subject: 'Hi',
        TextBody: 'Hello',
        MessageStream: 'outbound',
      }),
  },
  {
    slug: 'postmark',
    what: 'send_template',
    inputs: {
      from: 'a@example.com',
      to: 'b@example.com',
      template: 'welcome',
      values: { name: 'Ada' },
      stream: 'x',
    },
    client: () =>
      new Postmark(KEY).sendEmailWithTemplate({
        From: 'a@example.com',
        To: 'b@example.com',
        TemplateAlias: 'welcome',
        TemplateModel: { name: 'Ada' },
        MessageStream: 'x',
      }),
  },
  { slug: 'resend', what: 'check', client: () => new Resend(KEY).domains.list() },
  {
    slug: 'resend',
    what: 'send_email',
    inputs: {
      from: 'a@example.com',
      to: ['b@example.com'],
      subject: 'Hi',
      text: 'Hello',
      reply_to: 'c@example.com',
    },
    client: () =>
      new Resend(KEY).emails.send({
        from: 'a@example.com',
        to: ['b@example.com'],
        subject: 'Hi',
        text: 'Hello',
        replyTo: 'c@example.com',
      }),
  },
  {
    slug: 'resend',
    what: 'get_email',
    inputs: { email_id: 'e1' },
    client: () => new Resend(KEY).emails.get('e1'),
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
      path: theirs.path === one.clientsPath ? ours.path : theirs.path,
    });
    const without = (names: string[] | undefined, value: unknown) =>
      isObject(value)
        ? Object.fromEntries(Object.entries(value).filter(([name]) => !names?.includes(name)))
        : value;
    expect(without(one.onlyOurs, ours.query)).toEqual(without(one.clientsOwn, theirs.query));
    // What says who asks, and in which version of the API: all that we send, exactly as they do.
    expect(theirs.headers).toMatchObject(ours.headers);
    expect(without(one.onlyOurs, ours.body)).toEqual(without(one.clientsOwn, theirs.body));
  },
);

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
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

test('netlify: every request is one of its OpenAPI document, with parameters it knows, and signing in begins where it says', () => {
  const definition = definitionOf('netlify');
  const document = netlify as unknown as OpenApi;
  expect(definition.baseUrl).toBe(`https://${document.host}${document.basePath}`);
  const { probe, actions, auth } = definition;
  const requests = [probe?.request, ...actions.map(({ request }) => request)].filter((one) => !!one);
  expect(requests.length).toBeGreaterThan(3);
  for (const { method, path, query } of requests) {
    const known = document.paths[path];
    const operation = known?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toBeTruthy();
    const parameters = [...(known?.parameters ?? []), ...(operation?.parameters ?? [])];
    const names = parameters.map((one) => one.name ?? one.$ref?.replace(/^.*\//, ''));
    for (const name of Object.keys(query)) expect(names, `${name} of ${path}`).toContain(name);
  }
  const signIn = auth.find((one) => one.type === 'oauth2');
  expect(signIn?.authorizeUrl).toBe(document.securityDefinitions.netlifyAuth?.authorizationUrl);
});

/** What is needed of https://swagger.io/specification/v2/ */
interface OpenApi {
  host: string;
  basePath: string;
  paths: Record<string, PathItem>;
  securityDefinitions: Record<string, { authorizationUrl?: string }>;
}
type PathItem = Record<string, Operation> & { parameters?: Parameter[] };
interface Operation {
  parameters?: Parameter[];
}
interface Parameter {
  name?: string;
  $ref?: string;
}
