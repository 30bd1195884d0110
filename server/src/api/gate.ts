import { hash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import { networkOf } from '../lib/network.ts';
import { authenticate, type Credential, credentialOf, type Identify } from './authenticate.ts';
import { refuseCrossSite } from './cross-site.ts';
import { createRateLimit } from './rate-limit.ts';
import { checkBodyType, checkShape, refuseKeyInQuery, refuseNul, refuseNulInPath } from './request-shape.ts';
import type { App } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import { cookieName } from './session-cookie.ts';

interface GateDeps {
  config: Pick<Config, 'publicUrl' | 'requestsPerSecond'>;
  clock: Clock;
  identify: Identify;
  people: { isQuarantined(): boolean };
}

/** Shared by a whole office behind one address, so more than one caller's. */
const PER_ADDRESS = 10;
const BURST_SECONDS = 3;
/** A body that took longer may have been kept back until its sender had lost the right to what it asks for. */
const RIGHTS_HOLD_MS = 250;

/**
 * What every request passes before its body is read:
 *
 *   headers set → shape → rate of the address → rate of the caller → other site? → who and whether they may → kind of body
 *
 * and where the body took its time, after it once more: who and whether they may.
 */
function install(app: App, deps: GateDeps): void {
  const headers = securityHeaders(deps.config.publicUrl?.startsWith('https:') ?? false);
  const { clock } = deps;
  const perCaller = deps.config.requestsPerSecond;
  const perAddress = perCaller * PER_ADDRESS;
  const addresses = createRateLimit({ clock, perSecond: perAddress, burst: perAddress * BURST_SECONDS });
  const callers = createRateLimit({ clock, perSecond: perCaller, burst: perCaller * BURST_SECONDS });

  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers).header('request-id', request.id);
    checkShape(request);
    refuseTooMany(addresses.take(networkOf(request.ip)));
    const { policy, isForwarded = false, isAsset = false } = request.routeOptions.config ?? {};
    if (policy === undefined) return; // no such route: the answer says so
    if (!isForwarded) refuseKeyInQuery(request);
    const credential = credentialOf_(deps, request);
    if (!isAsset) refuseTooMany(callers.take(credential ? callerKey(credential) : request.ip));
    if (credential?.kind !== 'token') refuseCrossSite(request, deps.config.publicUrl);
    await authenticate(deps.identify, request, policy, credential);
    checkBodyType(request);
  });
  app.addHook('preValidation', async (request, reply) => {
    const { policy } = request.routeOptions.config ?? {};
    if (policy === undefined || policy === 'public' || reply.elapsedTime < RIGHTS_HOLD_MS) return;
    await authenticate(deps.identify, request, policy, credentialOf_(deps, request));
  });
  app.addHook('preHandler', async (request) => {
    if (request.routeOptions.config.sendsOut === true && deps.people.isQuarantined()) {
      throw new AppError('quarantined');
    }
    refuseNulInPath(request);
    if (request.routeOptions.config.isForwarded !== true) refuseNul(request);
  });
}

function credentialOf_(deps: Pick<GateDeps, 'config'>, request: FastifyRequest): Credential | null {
  return credentialOf(request, cookieName(deps.config.publicUrl));
}

/** Not the credential itself: what is kept in memory need not be usable. */
function callerKey(credential: Credential): string {
  return hash('sha256', credential.token, 'base64url');
}

function refuseTooMany(waitSeconds: number): void {
  if (waitSeconds > 0) throw new AppError('too_many_requests', { retryAfterSeconds: waitSeconds });
}

export const gate = { install, credentialOf: credentialOf_ };
