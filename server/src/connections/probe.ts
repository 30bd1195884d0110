import { saysItsTime } from '../auth-methods/apply.ts';
import { clockWords, isClockFarOff } from '../catalog/answers/clock-words.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Probe } from '../catalog/definition/probe-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';
import { buildRequest, type PreparedRequest } from '../catalog/requests/request.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Outbound, RateWindow } from '../outbound/call.ts';
import type { CredentialSource, NoCredential } from '../outbound/credential-source.ts';
import type { Answer, CallOutcome, DeniedReason } from '../outbound/outcome.ts';
import { readingOf } from '../outbound/reading-of.ts';
import { accountIn, findingIn, findingWithoutAnswer, meaningOf, UNREACHABLE } from './finding.ts';
import { addressOf } from './method.ts';
import { findingUnavailable } from './token-finding.ts';
import { trustedBy } from './trusted.ts';
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
  /** A stored credential could not be had, or is for another address by now. */
  | { kind: 'no_credential'; because: NoCredential };

/** A person waits: what is not through after this is told instead of waited for. */
const PATIENCE_MS = 3_000;

/** Makes the cheapest harmless request that shows whether a credential works, and says what came of it. */
export async function probe(deps: Deps, target: ProbeTarget): Promise<ProbeOutcome> {
  const chosen = probeOf(target.definition, target.method);
  if (chosen === null) return withoutProbe(deps, target);
  const request = prepare(target, chosen, chosen.request);
  const outcome = await send(deps, target, request, chosen);
  const url = new URL(request.url);
  const shown = { method: request.method, host: url.host, path: url.pathname };
  if (outcome.kind === 'egress_denied') return outcome;
  if (outcome.kind === 'no_credential') {
    const without = findingUnavailable(outcome);
    if (without === null) return outcome;
    return { kind: 'found', finding: { ...without, request: shown }, credentialVersion: null };
  }
  const answer = 'answer' in outcome ? outcome.answer : null;
  const found =
    answer === null
      ? findingWithoutAnswer(outcome, target.method)
      : timely(
          target.method,
          findingIn(target.definition, chosen, answer, deps.clock.now()),
          answer,
          deps.clock.now(),
        );
  if (found.kind === 'ok' && answer !== null) await nameAccount(deps, target, chosen, found);
  const { idField } = chosen.account;
  if (found.kind === 'ok' && idField !== undefined) found.accountId ??= target.fields[idField] ?? null;
  return {
    kind: 'found',
    finding: { ...found, request: shown },
    credentialVersion: answer?.credentialVersion ?? null,
  };
}

/**
 * Where each request itself says when it was made, a clock that is far off explains a refusal, whatever the answer says: the
 * credential may be as good as ever.
 */
function timely(method: AuthMethod, found: Finding, { headers }: Answer, now: Date): Finding {
  const isRefused = found.kind === 'rejected' || found.kind === 'expired';
  if (!isRefused || !saysItsTime(method) || !isClockFarOff(headers, now)) return found;
  return { ...found, kind: 'provider_error', advice: clockWords(headers, now), isClockOff: true };
}

/** Nothing is sent; but an address this server would never call is refused now rather than at the first use. */
async function withoutProbe(deps: Deps, { definition, method, fields }: ProbeTarget): Promise<ProbeOutcome> {
  const base = resolveBaseUrl(addressOf(definition, method), fields);
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

/** Some name the account at another address than their API's. The file alone can say so, and the credential goes along. */
function probeAddressOf({ definition, method }: ProbeTarget, asked: Probe): Definition {
  const address = addressOf(definition, method);
  return asked.baseUrl === undefined ? address : { ...address, baseUrl: asked.baseUrl };
}

function prepare(target: ProbeTarget, asked: Probe, template: Probe['request']): PreparedRequest {
  const built = buildRequest(probeAddressOf(target, asked), template, {}, target.fields);
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
  const { definition, fields } = target;
  const base = resolveBaseUrl(probeAddressOf(target, asked), fields);
  const { body, ...rest } = request;
  return deps.outbound.call({
    request: { ...rest, ...(body === null ? {} : { body }) },
    allowedOrigins: base.kind === 'ready' ? [new URL(base.url).origin] : [],
    credential: target.credential,
    trusted: trustedBy(definition, target.method, fields),
    workspaceId: target.workspaceId,
    connectionId: target.connectionId,
    consumer: 'probe',
    rateWindows: windowsForAll(definition),
    // Harmless by definition, whatever its method.
    repeatable: true,
    maxAttempts: 2,
    patienceMs: PATIENCE_MS,
    signal: AbortSignal.timeout(target.timeoutMs),
    read: (answer) => readingOf(meaningOf(definition, asked, answer, deps.clock.now())),
  });
}

/** The documented limits that count every call; a check takes its place in them like any other. */
function windowsForAll({ rateLimits }: Definition): RateWindow[] {
  const windows = rateLimits?.windows.filter((window) => window.group === undefined) ?? [];
  return windows.map(({ calls, perSeconds }) => ({ calls, perSeconds }));
}

/** A second request that only names the account; whatever comes of it changes no verdict. */
async function nameAccount(deps: Deps, target: ProbeTarget, asked: Probe, found: Finding): Promise<void> {
  if (asked.labelRequest === undefined) return;
  const outcome = await send(deps, target, prepare(target, asked, asked.labelRequest.request), asked);
  if (outcome.kind !== 'answer' || outcome.answer.status >= 300) return;
  const named = accountIn(target.definition, asked.labelRequest.account, outcome.answer);
  found.accountId ??= named.accountId;
  if (named.account === null) return;
  found.account = {
    name: found.account?.name ?? named.account?.name ?? null,
    plan: found.account?.plan ?? named.account?.plan ?? null,
    credits_left: found.account?.credits_left ?? named.account?.credits_left ?? null,
  };
}
