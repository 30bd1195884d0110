import type { Clock } from '../lib/clock.ts';
import { type Attempt, type AttemptDeps, attempt } from './attempt.ts';
import type { Budget, Permit } from './budget.ts';
import type { OutboundCall } from './call.ts';
import { believing, type ClientSockets } from './client-sockets.ts';
import type { SkewWatch } from './clock-skew.ts';
import type { Credential } from './credential-source.ts';
import { checkUrl } from './guard.ts';
import type { CallOutcome } from './outcome.ts';
import { redactor } from './redact.ts';
import { isIdempotent, type OutboundRequest } from './request.ts';
import { nextStep, type Progress } from './steps.ts';
import type { Usage } from './usage.ts';
import { requestProblem } from './validate.ts';

export interface EngineDeps extends AttemptDeps {
  budget: Pick<Budget, 'permit' | 'pause'>;
  usage: Pick<Usage, 'count'>;
  clientSockets: Pick<ClientSockets, 'for'>;
  clock: Clock;
  random: () => number;
  /** Hears the date of each answer. */
  skew?: Pick<SkewWatch, 'see'>;
}

const DEFAULT_ATTEMPTS = 3;
const MOST_ATTEMPTS = 4;
const DEFAULT_PATIENCE_MS = 30_000;

/** One call from judging its address to its last attempt. */
export async function makeCall(deps: EngineDeps, call: OutboundCall): Promise<CallOutcome> {
  const refusal = refuse(deps, call);
  if (refusal) return refusal;
  const now = () => deps.clock.now().getTime();
  const progress: Progress = {
    attempts: 0,
    startedAt: now(),
    deadline: now() + (call.patienceMs ?? DEFAULT_PATIENCE_MS),
    maxAttempts: Math.min(Math.max(call.maxAttempts ?? DEFAULT_ATTEMPTS, 1), MOST_ATTEMPTS),
    isRepeatable: call.repeatable ?? isIdempotent(call.request.method),
    newer: undefined,
  };
  for (;;) {
    const tried = await tryOnce(deps, call, progress);
    if (tried.kind === 'over') return tried.outcome;
    const step = await nextStep(deps, call, progress, tried);
    if (step.kind === 'over') return step.outcome;
    if (step.waitMs === 0) continue;
    try {
      await deps.clock.sleep(step.waitMs, call.signal);
    } catch {
      return { kind: 'cancelled', mayHaveHappened: false };
    }
  }
}

type Refusal = Extract<CallOutcome, { kind: 'invalid_request' | 'egress_denied' }>;

/** What needs no credential and no network to be refused. */
export function refuse(
  deps: Pick<EngineDeps, 'policy'>,
  call: Pick<OutboundCall, 'request' | 'allowedOrigins'>,
): Refusal | null {
  const problem = requestProblem(call.request);
  if (problem) return { kind: 'invalid_request', problem };
  const checked = checkUrl(deps.policy, call.request.url);
  if (checked.kind === 'denied') return { kind: 'egress_denied', reason: checked.reason };
  if (checked.kind === 'invalid') return { kind: 'invalid_request', problem: `The URL ${checked.problem}.` };
  return isAllowedOrigin(call, call.request.url) ? null : { kind: 'egress_denied', reason: 'host' };
}

/** As written, not as the guard may have rewritten it: `allowedOrigins` is written by the same hand. */
function isAllowedOrigin(call: Pick<OutboundCall, 'allowedOrigins'>, url: string): boolean {
  const origin = URL.parse(url)?.origin;
  return origin !== undefined && call.allowedOrigins.includes(origin);
}

type Tried =
  | { kind: 'over'; outcome: CallOutcome }
  | { kind: 'tried'; result: Attempt; credential: Credential | null; redact: (text: string) => string };

async function tryOnce(deps: EngineDeps, call: OutboundCall, progress: Progress): Promise<Tried> {
  const permit = await permitFor(deps, call, progress);
  if (permit.kind === 'not_yet') {
    const retryAfterSeconds = Math.max(1, Math.ceil(permit.afterMs / 1_000));
    return over({ kind: 'rate_limited', retryAfterSeconds, answer: null });
  }
  if (permit.kind === 'cancelled') return over({ kind: 'cancelled', mayHaveHappened: false });
  try {
    const found = progress.newer
      ? ({ kind: 'credential', credential: progress.newer } as const)
      : await call.credential?.current();
    if (found?.kind === 'unavailable') return over({ ...found, kind: 'no_credential' });
    const credential = found?.credential ?? null;
    const signed = sign(deps, call.request, credential);
    // Awaited only where it is a promise: thousands of calls a second put a plain key on.
    const request = signed instanceof Promise ? await signed : signed;
    const refusal = refuseSigned(call, request, credential);
    if (refusal) return over(refusal);
    progress.attempts += 1;
    const startedAt = performance.now();
    const result = await attempt(
      withPatience(withSockets(deps, call, request, credential), call),
      request,
      call.signal,
    );
    count(deps, call, classOf(result), performance.now() - startedAt);
    if (result.kind === 'answered') {
      deps.skew?.see(request.url, result.headers, deps.clock.now());
    }
    return { kind: 'tried', result, credential, redact: redactor(credential?.secrets ?? []) };
  } finally {
    permit.done();
  }
}

/** What only shows once the credential is on the request. */
export function refuseSigned(
  call: Pick<OutboundCall, 'allowedOrigins'>,
  request: OutboundRequest,
  credential: Credential | null,
): Refusal | null {
  const problem = requestProblem(request);
  if (problem) return { kind: 'invalid_request', problem };
  if (!isAllowedOrigin(call, request.url)) return { kind: 'egress_denied', reason: 'host' };
  // Without TLS nobody would be shown the certificate, and everybody the request.
  if (credential?.tls?.client && !request.url.startsWith('https:'))
    return { kind: 'egress_denied', reason: 'scheme' };
  return null;
}

/** A credential that the socket carries has sockets of its own; so have hosts that a company's own authority vouches for. */
export function withSockets<Deps extends Pick<EngineDeps, 'dispatcher' | 'clientSockets'>>(
  deps: Deps,
  { trusted }: Pick<OutboundCall, 'trusted'>,
  { url }: Pick<OutboundRequest, 'url'>,
  credential: Credential | null,
): Deps {
  const isTrusted = trusted?.hosts.includes(URL.parse(url)?.hostname ?? '') === true;
  const tls = isTrusted ? believing(credential?.tls, trusted.authorities) : credential?.tls;
  return tls === undefined ? deps : { ...deps, dispatcher: deps.clientSockets.for(tls) };
}

function withPatience(deps: EngineDeps, { isPatient }: Pick<OutboundCall, 'isPatient'>): EngineDeps {
  if (isPatient !== true) return deps;
  return { ...deps, limits: { ...deps.limits, headersTimeoutMs: deps.limits.totalTimeoutMs } };
}

export function permitFor(
  deps: Pick<EngineDeps, 'budget' | 'clock'>,
  call: Pick<
    OutboundCall,
    'budgetKey' | 'connectionId' | 'workspaceId' | 'consumer' | 'rateWindows' | 'signal'
  >,
  progress: Pick<Progress, 'deadline'>,
): Promise<Permit> | Permit {
  const key = call.budgetKey ?? call.connectionId;
  if (key === null) return { kind: 'may_call', done: () => {} };
  return deps.budget.permit({
    key,
    workspaceId: call.workspaceId,
    consumer: call.consumer,
    rateWindows: call.rateWindows ?? [],
    waitMs: Math.max(0, progress.deadline - deps.clock.now().getTime()),
    signal: call.signal,
  });
}

/** Lower-case names and our own defaults first, so that the credential has the last word. */
export function sign(
  deps: Pick<EngineDeps, 'clock'>,
  request: OutboundRequest,
  credential: Credential | null,
  acceptEncoding = 'gzip, br',
): OutboundRequest | Promise<OutboundRequest> {
  const given = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]);
  const headers: Record<string, string> = {
    accept: '*/*',
    'user-agent': 'Keyrail',
    ...Object.fromEntries(given),
    'accept-encoding': acceptEncoding,
  };
  const ours = { ...request, headers };
  return credential ? credential.apply(ours, deps.clock.now()) : ours;
}

/** `statusClass`: `2xx` to `5xx`, or why there was no answer. */
export function count(
  deps: Pick<EngineDeps, 'usage'>,
  call: Pick<OutboundCall, 'workspaceId' | 'connectionId' | 'consumer'>,
  statusClass: string,
  latencyMs: number,
): void {
  if (call.connectionId === null) return;
  deps.usage.count({
    workspaceId: call.workspaceId,
    connectionId: call.connectionId,
    consumer: call.consumer.slice(0, 64),
    statusClass,
    latencyMs,
  });
}

export function classOf(result: { kind: string; status?: number }): string {
  return result.status === undefined ? result.kind : `${Math.floor(result.status / 100)}xx`;
}

function over(outcome: CallOutcome): Tried {
  return { kind: 'over', outcome };
}
