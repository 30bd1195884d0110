import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import { type App, knownWho } from './route.ts';

/** An answer as it was sent, to be sent again. */
export interface KeptAnswer {
  status: number;
  body: string;
  headers: Record<string, string>;
}

/** What a repeated key means; see workspaces/idempotency.ts for the states. */
export type ClaimOutcome =
  | { kind: 'claimed'; claim: Claim }
  | { kind: 'answered'; answer: KeptAnswer }
  | { kind: 'other_request' }
  | { kind: 'in_progress'; retryAfterSeconds: number }
  | { kind: 'answer_lost' };

export interface Claim {
  workspaceId: string;
  key: string;
  id: string;
}

export interface IdempotencyKeys {
  claim(workspaceId: string, key: string, request: string): Promise<ClaimOutcome>;
  keep(claim: Claim, answer: KeptAnswer): Promise<void>;
  /** The attempt failed and changed nothing: the key is free again. Kept when it did change something. */
  release(claim: Claim): Promise<void>;
  /** Runs the rest of the request so that what it commits marks the key. */
  within(claim: Claim, work: () => void): void;
}

const KEPT_HEADERS = ['content-type', 'etag', 'location'];
const NOT_FREED = 'an Idempotency-Key could not be freed after a failure';
const claimOf = new WeakMap<FastifyRequest, Claim>();

/**
 * `Idempotency-Key` on POST: the same key with the same request does its work once and answers alike for 24 hours, over
 * all processes. Failures that change nothing are not kept, so that the same key may be tried again.
 */
export function idempotency(app: App, { idempotencyKeys: keys }: { idempotencyKeys: IdempotencyKeys }): void {
  app.addHook('preHandler', (request, reply, done) => {
    begin(keys, request, reply).then(
      (claim) => {
        if (claim) keys.within(claim, () => done());
        else if (!reply.sent) done();
      },
      (error: Error) => done(error),
    );
  });
  app.addHook('onSend', async (request, reply, payload) => {
    const claim = claimOf.get(request);
    if (!claim || typeof payload !== 'string') return payload;
    claimOf.delete(request);
    // What cannot be noted is no reason to take the answer away: the key is held for a while, and then says what it knows.
    if (reply.statusCode >= 300)
      await keys.release(claim).catch((error) => request.log.warn({ err: error }, NOT_FREED));
    else await keys.keep(claim, kept(request, reply, payload));
    return payload;
  });
}

async function begin(
  keys: IdempotencyKeys,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Claim | null> {
  const key = request.headers['idempotency-key'];
  const who = knownWho(request);
  if (key === undefined || request.method !== 'POST' || !who) return null;
  // It is the other side's to heed.
  if (request.routeOptions.config?.isForwarded === true) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,255}$/.test(key))
    throw invalidKey('must be 1 to 255 visible ASCII characters');
  if (request.routeOptions.config?.streams) throw invalidKey('is not taken with a streamed body');
  const outcome = await keys.claim(who.workspaceId, key, fingerprint(request));
  switch (outcome.kind) {
    case 'claimed':
      claimOf.set(request, outcome.claim);
      return outcome.claim;
    case 'answered':
      await reply
        .code(outcome.answer.status)
        .headers({ ...outcome.answer.headers, 'idempotency-replayed': 'true' })
        .send(outcome.answer.body);
      return null;
    case 'other_request':
      throw conflict(
        'idempotency_key_reused',
        'This Idempotency-Key was used for another request. Use a new key for a new request.',
      );
    case 'in_progress':
      throw new AppError('conflict', {
        reason: 'in_progress',
        detail: 'A request with this Idempotency-Key is being worked on. Ask again shortly.',
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'answer_lost':
      throw conflict(
        'answer_lost',
        'The first request with this Idempotency-Key did its work, but its answer was lost. Look at what is there before you send it with a new key.',
      );
  }
}

/** What makes two requests the same; the body in one order of fields. It may hold a secret: `claim` keeps a keyed hash only. */
function fingerprint(request: FastifyRequest): string {
  const { tokenId, userId } = request.who;
  const body = JSON.stringify(request.body, (_name, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.url, tokenId ?? userId, body ?? null]))
    .digest('base64url');
}

function kept(request: FastifyRequest, reply: FastifyReply, payload: string): KeptAnswer {
  const headers: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = reply.getHeader(name);
    if (typeof value === 'string') headers[name] = value;
  }
  return {
    status: reply.statusCode,
    body: withoutSecrets(payload, request.routeOptions.config?.shownOnce),
    headers,
  };
}

function withoutSecrets(payload: string, shownOnce: readonly string[] | undefined): string {
  if (!shownOnce || payload === '') return payload;
  const body = JSON.parse(payload) as Record<string, unknown>;
  for (const name of shownOnce) if (name in body) body[name] = null;
  return JSON.stringify(body);
}

function conflict(reason: string, detail: string): AppError {
  return new AppError('conflict', { reason, detail });
}

function invalidKey(message: string): AppError {
  return new AppError('invalid_input', {
    detail: `Idempotency-Key ${message}.`,
    fields: [{ path: 'Idempotency-Key', message }],
  });
}
