import { authenticator } from '../server/src/auth-methods/apply.ts';
import { type Asked, judge } from '../server/src/catalog/answers/judge.ts';
import type { Outcome } from '../server/src/catalog/answers/outcome.ts';
import { readPath } from '../server/src/catalog/answers/path.ts';
import { catalogFolder } from '../server/src/catalog/built-in.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import type { ApiKeyMethod, AuthMethod } from '../server/src/catalog/definition/auth-definition.ts';
import type { RequestTemplate } from '../server/src/catalog/definition/request-template.ts';
import type { Definition } from '../server/src/catalog/definition.ts';
import { loadCatalog } from '../server/src/catalog/load.ts';
import { prepareInputs } from '../server/src/catalog/requests/inputs.ts';
import { buildRequest } from '../server/src/catalog/requests/request.ts';
import { Secret } from '../server/src/lib/secret.ts';
import { uuidOf } from './people.ts';
import { DATABRICKS } from './providers/databricks.ts';
import { SNOWFLAKE } from './providers/snowflake.ts';
import type { Sandbox } from './start.ts';

/** Calls as the catalog describes them, to stand-ins, and what the catalog makes of the answers. */
const catalog = await loadCatalog({ builtIn: catalogFolder });

export function definitionOf(slug: string): Definition {
  const definition = catalog.get(slug);
  if (definition === undefined) throw new Error(`no ${slug}`);
  return definition;
}

/** One stand-in has all of Google's addresses, and so its keys and tokens. */
const KEYS_OF: Record<string, string> = { 'google-drive': 'google-sheets', 'google-cloud': 'google-sheets' };
const keyOf = (slug: string, kind: string) => `sandbox-${KEYS_OF[slug] ?? slug}-${kind}`;

/** Those that take a key of the sandbox. AWS takes none: what is signed is verified. */
export function stoodInBy(sandbox: Sandbox): Definition[] {
  return catalog
    .list()
    .filter(({ slug }) => slug !== 'aws')
    .filter(({ slug }) => sandbox.upstreams.some((upstream) => upstream.slug === (KEYS_OF[slug] ?? slug)))
    .flatMap(({ slug }) => catalog.get(slug) ?? []);
}

/** What a person enters or chooses, or the sandbox's providers answer a sign-in with. */
const FIELDS = {
  instance_url: 'https://acme.my.salesforce.com',
  login_host: 'login.salesforce.com',
  region: 'intercom',
  cloud_id: uuidOf('site acme'),
  realm_id: '9130347596800001',
  tenant_id: uuidOf('Xero Ltd'),
  account: SNOWFLAKE.account,
  workspace_host: DATABRICKS.host,
};
const API_DOMAINS: Record<string, string> = {
  pipedrive: 'https://acme.pipedrive.com',
  'zoho-crm': 'https://www.zohoapis.com',
};

export function fieldsOf({ slug }: Definition): Record<string, string> {
  return { ...FIELDS, ...(API_DOMAINS[slug] !== undefined && { api_domain: API_DOMAINS[slug] }) };
}

/** The method, what was entered for it, and the connection fields. */
interface Entered {
  method: AuthMethod;
  values: Record<string, string>;
  fields: Record<string, string>;
}

/** A key of the sandbox, as a key or as the token of those that know sign-in alone. */
function keyFor(definition: Definition, kind: string): Entered {
  const key = keyOf(definition.slug, kind);
  const method = keyMethodOf(definition);
  return { method, values: { api_key: key, token: key }, fields: fieldsOf(definition) };
}

function keyMethodOf({ auth }: Definition): ApiKeyMethod {
  const key = auth.find((one) => one.type === 'api_key');
  if (key !== undefined) return key;
  const bearer = definitionOf('hubspot').auth.find((one) => one.type === 'api_key') as ApiKeyMethod;
  const send = auth.flatMap((one) => (one.type === 'oauth2' ? (one.send ?? []) : []));
  const placed = send.map((one) => ({ ...one, value: one.value.replace('{access_token}', '{api_key}') }));
  return placed.length === 0 ? bearer : { ...bearer, send: placed };
}

/** A request of the catalog, authenticated and sent to the stand-in, and what the catalog makes of the answer. */
export async function asked(
  sandbox: Sandbox,
  definition: Definition,
  what: Asked,
  template: RequestTemplate,
  inputs: Record<string, unknown>,
  { method, values, fields }: Entered,
  now = new Date(),
): Promise<Outcome> {
  const baseUrl =
    (what.kind === 'probe' && what.probe.baseUrl) ||
    (what.kind === 'action' && what.action.baseUrl) ||
    (method.baseUrl ?? definition.baseUrl);
  const built = buildRequest({ ...definition, baseUrl }, template, inputs, fields);
  if (built.kind !== 'ready') throw new Error(`cannot be built: ${built.message}`);
  const { body, ...unsigned } = built.request;
  const { apply } = authenticator(method, new Secret(values));
  const request = await apply({ ...unsigned, ...(body !== null && { body }) }, now);
  const upstream = sandbox.upstreams.find((one) => request.url.startsWith(one.origin));
  if (upstream === undefined) throw new Error(`no stand-in for ${definition.slug}`);
  const response = await fetch(request.url.replace(upstream.origin, upstream.target), {
    method: built.request.method,
    headers: { ...request.headers, 'x-forwarded-host': new URL(request.url).host },
    ...(request.body !== undefined && { body: request.body }),
  });
  const headers = Object.fromEntries(response.headers);
  return judge(definition, what, { status: response.status, headers, text: await response.text() }, now);
}

/** The check, with a key of the sandbox. */
export async function probed(sandbox: Sandbox, slug: string, kind: string): Promise<Outcome> {
  const definition = definitionOf(slug);
  const { probe } = definition;
  if (probe === undefined) throw new Error(`${slug} has no check`);
  return asked(sandbox, definition, { kind: 'probe', probe }, probe.request, {}, keyFor(definition, kind));
}

/** An action to its end: asked again while it is pending, and its job polled. */
export async function ran(
  sandbox: Sandbox,
  slug: string,
  action: Action,
  given: Record<string, unknown>,
  kind = 'good',
): Promise<Outcome> {
  const definition = definitionOf(slug);
  const key = keyFor(definition, kind);
  const inputs = inputsFor(action, given);
  const { poll } = action;
  const submit = { kind: 'action', action, step: 'submit' } as const;
  for (let asking = 0; asking < 5; asking++) {
    const outcome = await asked(sandbox, definition, submit, action.request, inputs, key);
    if (outcome.kind === 'pending') continue;
    if (outcome.kind !== 'success' || poll === undefined) return outcome;
    const job = { ...inputs, job_id: readPath(outcome.json, poll.id) };
    for (let polling = 0; polling < 5; polling++) {
      const polled = await asked(sandbox, definition, { ...submit, step: 'poll' }, poll.request, job, key);
      if (polled.kind !== 'pending') return polled;
    }
  }
  throw new Error('never done');
}

export function inputsFor(action: Action, given: Record<string, unknown>): Record<string, unknown> {
  const prepared = prepareInputs(action, given);
  if (prepared.kind !== 'ready') throw new Error(JSON.stringify(prepared));
  return prepared.inputs;
}
