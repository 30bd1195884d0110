import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { catalogFolder } from '../server/src/catalog/built-in.ts';
import type { Action } from '../server/src/catalog/definition/action-definition.ts';
import type { AuthMethod } from '../server/src/catalog/definition/auth-definition.ts';
import type { RequestTemplate } from '../server/src/catalog/definition/request-template.ts';
import type { Definition } from '../server/src/catalog/definition.ts';
import { loadCatalog } from '../server/src/catalog/load.ts';
import { resolveBaseUrl } from '../server/src/catalog/requests/base-url.ts';
import { actionSuccess } from '../server/src/trials/cases/action-cases.ts';
import { actionAsked, type Case, documentedSuccess } from '../server/src/trials/cases/cases.ts';
import { checkCases, checkOf, labelAnswer } from '../server/src/trials/cases/check-cases.ts';
import { type Answer, jsonAnswer } from '../server/src/trials/cases/made-answer.ts';
import type { Meaning } from '../server/src/trials/cases/meanings.ts';
import { madeUpFor } from '../server/src/trials/entered.ts';
import { checkWithCredits, usedUpAnswer, type WithCredits } from './documented-credits.ts';
import { behaviourOf } from './keys.ts';
import { answerAt, type SandboxState } from './provider-server.ts';
import { memberOf, type Reply, type SandboxRequest } from './request.ts';
import type { SandboxAccount, SentBesides, StandIn } from './stand-in.ts';

type KeyMethod = Extract<AuthMethod, { type: 'api_key' | 'basic' }>;

/**
 * Stand-ins made of catalog files, for what has none written by hand: they know the documented answers and nothing else, whatever
 * they are asked about. Those where somebody enters a key, of a form that sandbox keys may have.
 */
export async function documentedStandIns(written: readonly StandIn[]): Promise<StandIn[]> {
  const catalog = await loadCatalog({ builtIn: catalogFolder });
  const slugs = new Set(written.map(({ slug }) => slug));
  const origins = new Set(written.flatMap(originsOf));
  const made = catalog.list().flatMap(({ slug }) => {
    const definition = slugs.has(slug) ? undefined : catalog.get(slug);
    const method = definition?.auth.find(takesSandboxKeys);
    return definition === undefined || method === undefined ? [] : standInsOf(definition, method);
  });
  return made.filter((one) => !originsOf(one).some((origin) => origins.has(origin)));
}

export function originsOf({ origin, otherOrigins = [] }: StandIn): string[] {
  return [origin, ...otherOrigins];
}

function takesSandboxKeys(method: AuthMethod): method is KeyMethod {
  if (method.type !== 'api_key' && method.type !== 'basic') return false;
  return method.fields.every(({ pattern, secret }) => !secret || pattern === undefined);
}

/** Serves all of them at one address: which is meant, the engine says as a reverse proxy does. */
export async function serveDocumented(
  providers: readonly StandIn[],
  port: number,
  state: SandboxState,
): Promise<{ server: Server; port: number }> {
  const byHost = Map.groupBy(
    providers.flatMap((provider) => originsOf(provider).map((origin) => ({ provider, origin }))),
    ({ origin }) => new URL(origin).host,
  );
  const server = createServer((incoming, outgoing) => {
    const there = byHost.get(String(incoming.headers['x-forwarded-host'] ?? '')) ?? [];
    const { searchParams, pathname: path } = new URL(incoming.url ?? '/', 'http://sandbox');
    const headers = incoming.headers as SandboxRequest['headers'];
    // Several may share a host: whose key it is tells them apart. Those with their key in the body have one to themselves.
    const isMeant = ({ provider }: (typeof there)[number]) =>
      provider.keyOf(headers, searchParams, { path, body: undefined }) !== null;
    const meant = there.find(isMeant) ?? there[0];
    if (meant === undefined) outgoing.writeHead(404).end();
    else answerAt(meant.provider, meant.origin, state, incoming, outgoing).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

interface Known {
  template: RequestTemplate;
  path: RegExp;
  answer: Answer;
  /** What else the credits of the account make of it. */
  withCredits: WithCredits | null;
  /** In credits. */
  costs: number;
}

function standInsOf(definition: Definition, method: KeyMethod): StandIn[] {
  const { slug } = definition;
  const check = checkOf(definition, method, []);
  const cases = check === null ? [] : (checkCases(definition, method, check) ?? []);
  const { known, origins } = documentedBy(definition, method, check, cases);
  const [origin, ...otherOrigins] = origins;
  if (origin === undefined) return [];
  const said = (means: Meaning, otherwise: number): Reply =>
    replyOf(cases.find((one) => one.means === means)?.answer ?? jsonAnswer(otherwise, {}));
  return [
    {
      slug,
      origin,
      otherOrigins,
      keyOf: (headers, query, sent) => keyIn(slug, method, headers, query, sent),
      limitsOf: () => ({ group: 'all', windows: [] }),
      rejected: () => said('rejected', 401),
      throttled: (seconds) => ({
        ...said('rate_limited', 429),
        headers: { 'retry-after': String(seconds) },
      }),
      hasCredits: known.some(({ withCredits }) => withCredits !== null),
      outOfCredits: (request) => answerTo(known, request, { creditsLeft: 0, creditsUsed: 0 }),
      missingPermission: () => said('missing_permission', 403),
      errorInside: () => ({ status: 200, body: '<p>Something went wrong</p>' }),
      answer: (request, account) => {
        const isCounted = behaviourOf(request.key, slug).kind === 'credits';
        return answerTo(known, request, isCounted ? account : null);
      },
    },
  ];
}

/** Every request the file describes with its answer, and the origins they go to. */
function documentedBy(
  definition: Definition,
  method: KeyMethod,
  check: ReturnType<typeof checkOf>,
  cases: readonly Case[],
): { known: Known[]; origins: ReadonlySet<string> } {
  const known: Known[] = [];
  const origins = new Set<string>();
  const made = madeUpFor(definition, method, null);
  if (made.kind !== 'made_up') return { known, origins };
  const fields = { ...made.entered, ...made.told };
  const knows = (
    template: RequestTemplate,
    address: string | undefined,
    answer: Answer | null,
    credits: Pick<Known, 'withCredits' | 'costs'> = { withCredits: null, costs: 0 },
  ) => {
    const baseUrl = address ?? method.baseUrl ?? definition.baseUrl;
    const at = resolveBaseUrl({ ...definition, baseUrl }, fields);
    if (at.kind !== 'ready' || answer === null) return;
    const url = new URL(at.url);
    origins.add(url.origin);
    const path = pathOf(url.pathname, `${keyPath(method)}${template.path}`);
    known.push({ template, path, answer, ...credits });
  };
  if (check !== null) {
    const { probe } = check;
    const success = cases.find(({ means }) => means === 'success')?.answer ?? null;
    const withCredits = checkWithCredits(definition, method, probe, success);
    knows(probe.request, probe.baseUrl, success, { withCredits, costs: 0 });
    if (probe.labelRequest)
      knows(probe.labelRequest.request, probe.baseUrl, labelAnswer(definition, method, probe));
  }
  for (const [index, action] of definition.actions.entries())
    for (const [template, answer, step] of answersOf(definition, action, index)) {
      const usedUp = usedUpAnswer(definition, action, index, step);
      const costs = usedUp === null ? 0 : Math.max(1, Math.round(action.cost?.credits ?? 1));
      const withCredits = usedUp && ((left: number) => (left < costs ? usedUp : null));
      knows(template, action.baseUrl, answer, { withCredits, costs });
    }
  return { known, origins };
}

/** Of a job, the receipt and the result at once. */
function answersOf(
  definition: Definition,
  action: Action,
  index: number,
): [RequestTemplate, Answer | null, 'submit' | 'poll'][] {
  const success = actionSuccess(definition, action, actionAsked(action, index));
  if (action.poll === undefined) return [[action.request, success, 'submit']];
  const receipt = documentedSuccess(definition, action.name, null)?.answer ?? null;
  return [
    [action.request, receipt, 'submit'],
    [action.poll.request, success, 'poll'],
  ];
}

function pathOf(base: string, path: string): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');
  return new RegExp(
    `^${literal(base.replace(/\/$/, ''))}${literal(path).replace(/\{[a-z0-9_]+\}/g, '[^/]+')}/?$`,
  );
}

/** Of the one that says most of the request: the same path may be asked in several ways. `account`: whose credits count. */
function answerTo(
  known: readonly Known[],
  { method, path, query, body }: SandboxRequest,
  account: SandboxAccount | null,
): Reply {
  const fitting = known.filter((one) => one.template.method === method && one.path.test(path));
  const weight = ({ template }: Known) => {
    const asked = template.graphql?.query;
    const isSame = asked !== undefined && asked === (body as { query?: unknown } | undefined)?.query;
    const fixed = Object.entries(template.query).filter(
      ([name, value]) => query.get(name) === String(value),
    ).length;
    return (isSame ? 1_000 : 0) + fixed * 10 - (template.path.match(/\{/g)?.length ?? 0);
  };
  const [best] = fitting.sort((a, b) => weight(b) - weight(a));
  if (best === undefined) return { status: 404, body: {} };
  const told = account === null ? null : (best.withCredits?.(account.creditsLeft) ?? null);
  return told === null ? { ...replyOf(best.answer), costs: best.costs } : replyOf(told);
}

function replyOf({ status, headers, text }: Answer): Reply {
  const { 'content-length': _, ...kept } = headers as Record<string, string>;
  return { status, body: text === '' ? null : text, headers: kept };
}

/** What stands before the path of each request, where the key is sent in it: "/bot{api_key}". */
function keyPath(method: KeyMethod): string {
  const sent = method.type === 'api_key' ? method.send.filter((one) => one.in === 'path') : [];
  return sent.map(({ value }) => `/${value.replace(/^\/+|\/+$/g, '')}`).join('');
}

/** In headers and parameters anywhere; in the path and the body, which carry what people write, only where the file sends it. */
function keyIn(
  slug: string,
  method: KeyMethod,
  headers: SandboxRequest['headers'],
  query: URLSearchParams,
  { path, body }: SentBesides,
): string | null {
  const basic = /^Basic (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  const besides = (method.type === 'api_key' ? method.send : []).flatMap((one) =>
    one.in === 'path' ? [path] : one.in === 'body' ? [String(memberOf(body, one.name) ?? '')] : [],
  );
  const texts = [
    ...Object.values(headers),
    ...query.values(),
    Buffer.from(basic, 'base64').toString(),
    ...besides,
  ];
  const form = new RegExp(`sandbox-${slug}-[a-z0-9-]+`);
  return texts.map((text) => form.exec(text ?? '')?.[0]).find((key) => key !== undefined) ?? null;
}
