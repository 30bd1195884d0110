import type { Account } from '@keyrail/contract/verdicts';
import type { AuthMethod } from '../catalog/auth-definition.ts';
import { resolveBaseUrl } from '../catalog/base-url.ts';
import type { Definition } from '../catalog/definition.ts';
import { readAccount } from '../catalog/extract.ts';
import { judge } from '../catalog/judge.ts';
import type { Outcome } from '../catalog/outcome.ts';
import type { AccountPaths, Probe } from '../catalog/probe-definition.ts';
import { buildRequest, type PreparedRequest } from '../catalog/request.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Outbound, RateWindow, Reading } from '../outbound/call.ts';
import type { CredentialSource } from '../outbound/credential-source.ts';
import type { Answer, CallOutcome, DeniedReason } from '../outbound/outcome.ts';
import { type Finding, finding } from './verdict.ts';

interface Deps {
  outbound: Outbound;
  clock: Clock;
}

export interface ProbeTarget {
  definition: Definition;
  method: AuthMethod;
  /** Connection fields and what else is no secret. */
  fields: Readonly<Record<string, string>>;
  credential: CredentialSource;
  workspaceId: string;
  /** Null while nothing is saved: then nothing is counted or budgeted. */
  connectionId: string | null;
  /** All attempts together; then the provider counts as unreachable. */
  timeoutMs: number;
}

/** What was found, and with which version of the credential; or that this server may not call that address. */
export type ProbeOutcome =
  | { kind: 'found'; finding: Finding; credentialVersion: number | null }
  | { kind: 'egress_denied'; reason: DeniedReason }
  /** A stored credential could not be had. */
  | { kind: 'no_credential' };

/** A person waits: what is not through after this is told instead of waited for. */
const PATIENCE_MS = 3_000;

/** Makes the cheapest harmless request that shows whether a credential works, and says what came of it. */
export async function probe(deps: Deps, target: ProbeTarget): Promise<ProbeOutcome> {
  const chosen = probeOf(target.definition, target.method);
  if (chosen === null) return withoutProbe(deps, target);
  const request = prepare(target, chosen.request);
  const outcome = await send(deps, target, request, chosen);
  const url = new URL(request.url);
  const shown = { method: request.method, host: url.host, path: url.pathname };
  if (outcome.kind === 'egress_denied') return outcome;
  if (outcome.kind === 'no_credential') return { kind: 'no_credential' };
  const answer = 'answer' in outcome ? outcome.answer : null;
  const found = answer === null ? withoutAnswer(outcome) : judged(deps, target, chosen, answer);
  if (found.kind === 'ok' && answer !== null) await nameAccount(deps, target, chosen, answer, found);
  return {
    kind: 'found',
    finding: { ...found, request: shown },
    credentialVersion: answer?.credentialVersion ?? null,
  };
}

/** Nothing is sent; but an address this server would never call is refused now rather than at the first use. */
async function withoutProbe(deps: Deps, { definition, method, fields }: ProbeTarget): Promise<ProbeOutcome> {
  const base = resolveBaseUrl({ ...definition, baseUrl: method.baseUrl ?? definition.baseUrl }, fields);
  const address = base.kind === 'ready' ? await deps.outbound.check(base.url) : null;
  if (address?.kind === 'denied') return { kind: 'egress_denied', reason: address.reason };
  if (address?.kind === 'unresolved') {
    const lost = finding('unreachable', { because: UNREACHABLE.dns });
    return { kind: 'found', finding: lost, credentialVersion: null };
  }
  return { kind: 'found', finding: finding('unverifiable'), credentialVersion: null };
}

/** The request by which this method is checked; null where the integration offers none. */
export function probeOf(definition: Definition, method: AuthMethod): Probe | null {
  return method.probe ?? definition.probe ?? null;
}

function prepare({ definition, method, fields }: ProbeTarget, template: Probe['request']): PreparedRequest {
  const source = { ...definition, baseUrl: method.baseUrl ?? definition.baseUrl };
  const built = buildRequest(source, template, {}, fields);
  if (built.kind === 'ready') return built.request;
  throw new AppError('invalid_input', {
    fields: [{ path: `credentials.${built.name}`, message: built.message }],
  });
}

async function send(
  deps: Deps,
  target: ProbeTarget,
  request: PreparedRequest,
  asked: Probe,
): Promise<CallOutcome> {
  const { definition, method, fields } = target;
  const base = resolveBaseUrl({ ...definition, baseUrl: method.baseUrl ?? definition.baseUrl }, fields);
  const { body, ...rest } = request;
  return deps.outbound.call({
    request: { ...rest, ...(body === null ? {} : { body }) },
    allowedOrigins: base.kind === 'ready' ? [new URL(base.url).origin] : [],
    credential: target.credential,
    workspaceId: target.workspaceId,
    connectionId: target.connectionId,
    consumer: 'probe',
    rateWindows: windowsForAll(definition),
    // Harmless by definition, whatever its method.
    repeatable: true,
    maxAttempts: 2,
    patienceMs: PATIENCE_MS,
    signal: AbortSignal.timeout(target.timeoutMs),
    read: (answer) =>
      readingOf(judge(definition, { kind: 'probe', probe: asked }, textOf(answer), deps.clock.now())),
  });
}

/** The documented limits that count every call; a check takes its place in them like any other. */
function windowsForAll({ rateLimits }: Definition): RateWindow[] {
  const windows = rateLimits?.windows.filter((window) => window.group === undefined) ?? [];
  return windows.map(({ calls, perSeconds }) => ({ calls, perSeconds }));
}

/** What the engine makes of an answer: only these are worth a second try. */
function readingOf(outcome: Outcome): Reading {
  switch (outcome.kind) {
    case 'rejected':
    case 'expired':
    case 'revoked':
      return { kind: 'unauthenticated' };
    case 'rate_limited':
      return outcome.retryAfterSeconds === null
        ? { kind: 'throttled' }
        : { kind: 'throttled', retryAfterSeconds: outcome.retryAfterSeconds };
    case 'provider_error':
      return { kind: 'failed' };
    default:
      return { kind: 'final' };
  }
}

function textOf(answer: Answer): { status: number; headers: Record<string, string>; text: string } {
  return { status: answer.status, headers: answer.headers, text: answer.body.toString('utf8') };
}

function judged(deps: Deps, { definition }: ProbeTarget, asked: Probe, answer: Answer): Finding {
  const outcome = judge(definition, { kind: 'probe', probe: asked }, textOf(answer), deps.clock.now());
  if (outcome.kind === 'success') {
    return finding('ok', { status: answer.status, ...accountOf(asked.account, outcome.json, answer) });
  }
  const known = {
    status: answer.status,
    said: outcome.said === null ? null : answer.redact(outcome.said),
    advice: outcome.advice,
  };
  switch (outcome.kind) {
    case 'rejected':
    case 'expired':
    case 'wrong_account':
    case 'out_of_credits':
      return finding(outcome.kind, known);
    case 'revoked':
      return finding('expired', { ...known, isWithdrawn: true });
    case 'missing_permission':
      return finding('missing_permission', { ...known, permission: redacted(answer, outcome.permission) });
    case 'rate_limited':
      return finding('rate_limited', { ...known, retryAfterSeconds: outcome.retryAfterSeconds });
    case 'provider_error':
      return finding('provider_error', {
        ...known,
        retryAfterSeconds: outcome.retryAfterSeconds,
        because: `it answered ${answer.status}`,
      });
    case 'no_result':
    case 'pending':
    case 'invalid_request':
      return finding('provider_error', { ...known, because: `it answered ${answer.status}` });
    case 'nonsense':
      return finding('provider_error', { ...known, because: NONSENSE[outcome.because] });
  }
}

const NONSENSE = {
  html: 'it answered with a web page',
  not_json: 'its answer could not be read',
  empty: 'its answer was empty',
  unexpected: 'its answer was not what was asked for',
  redirect: 'it sent us to another address, where a key is not sent',
};

const UNREACHABLE = {
  dns: 'its address was not found',
  tcp: 'it does not take connections',
  tls: 'it has no valid certificate',
  timeout: 'it did not answer in time',
  reset: 'it broke the connection off',
};

/** Outcomes of a call that brought no answer to judge. */
function withoutAnswer(outcome: Exclude<CallOutcome, { kind: 'egress_denied' | 'no_credential' }>): Finding {
  switch (outcome.kind) {
    // The one thing that cancels it is the time limit.
    case 'cancelled':
      return finding('unreachable', { because: UNREACHABLE.timeout });
    case 'unreachable':
      return finding('unreachable', { because: UNREACHABLE[outcome.cause] });
    case 'rate_limited':
      return finding('rate_limited', { retryAfterSeconds: outcome.retryAfterSeconds });
    case 'too_large':
      return finding('provider_error', { because: 'its answer was too large' });
    case 'invalid_request':
      throw new AppError('invalid_input', { detail: outcome.problem });
    case 'answer':
    case 'redirect':
    case 'invalid_response':
    case 'unknown':
      return finding('provider_error', { because: 'its answer could not be read' });
  }
}

/** A second request that only names the account; whatever comes of it changes no verdict. */
async function nameAccount(
  deps: Deps,
  target: ProbeTarget,
  asked: Probe,
  answer: Answer,
  found: Finding,
): Promise<void> {
  if (asked.labelRequest === undefined) return;
  const outcome = await send(deps, target, prepare(target, asked.labelRequest.request), asked);
  if (outcome.kind !== 'answer' || outcome.answer.status >= 300) return;
  const named = accountOf(asked.labelRequest.account, parse(outcome.answer), answer);
  found.accountId ??= named.accountId;
  found.account = {
    name: found.account?.name ?? named.account?.name ?? null,
    plan: found.account?.plan ?? named.account?.plan ?? null,
    credits_left: found.account?.credits_left ?? named.account?.credits_left ?? null,
  };
}

function accountOf(
  paths: AccountPaths,
  json: unknown,
  answer: Answer,
): Pick<Finding, 'account' | 'accountId'> {
  const { label, id, plan, creditsLeft } = readAccount(paths, json);
  const account: Account = {
    name: redacted(answer, label),
    plan: redacted(answer, plan),
    credits_left: creditsLeft === null ? null : creditsInWords(creditsLeft, paths.creditsUnit ?? 'credits'),
  };
  const isKnown = Object.values(account).some((value) => value !== null);
  return { account: isKnown ? account : null, accountId: redacted(answer, id) };
}

/** "412 searches", "1 credit". */
function creditsInWords(left: number, unit: string): string {
  const isOne = left === 1 && unit === 'credits';
  return `${left.toLocaleString('en')} ${isOne ? 'credit' : unit}`;
}

function redacted(answer: Answer, text: string | null): string | null {
  return text === null ? null : answer.redact(text);
}

function parse(answer: Answer): unknown {
  try {
    return JSON.parse(answer.body.toString('utf8')) as unknown;
  } catch {
    return null;
  }
}
