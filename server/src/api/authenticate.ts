import { workspaceId as workspaceIdShape } from '@keyrail/contract/ids';
import type { FastifyRequest } from 'fastify';
import { AppError } from '../lib/app-error.ts';
import { isAllowed, scopesOfRole } from '../workspaces/policy.ts';
import type { Client, Visitor } from '../workspaces/visitor.ts';
import type { Who } from '../workspaces/who.ts';
import { type Policy, setVisitor, setWho } from './route.ts';

/** How a request's credential becomes somebody. Null: unknown, ended, revoked, expired; which of them is not told. */
export interface Identify {
  byToken(token: string, client: Client): Promise<Who | null>;
  bySession(token: string, client: Client): Promise<Visitor | null>;
  /** Also who they are in a workspace, in the same look; `who` null: no member of it, or there is no such workspace. */
  bySessionIn(token: string, workspaceId: string, client: Client): Promise<{ who: Who | null } | null>;
  /** The end of "Ask …": whom the workspace names, for a refusal. */
  whomToAsk(workspaceId: string): Promise<string>;
}

export type Credential = { kind: 'token'; token: string } | { kind: 'session'; token: string };

/** What the request shows to say who it is; a token wins over a cookie. Null: nothing. */
export function credentialOf(request: FastifyRequest, cookieName: string): Credential | null {
  const { authorization } = request.headers;
  if (authorization !== undefined) {
    const token = /^bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) {
      throw unauthenticated('The Authorization header must read: Bearer kr_…');
    }
    return { kind: 'token', token };
  }
  const cookie = request.cookies[cookieName];
  return cookie === undefined || cookie === '' ? null : { kind: 'session', token: cookie };
}

export function clientOf(request: FastifyRequest): Client {
  return { ip: request.ip, userAgent: (request.headers['user-agent'] ?? '').slice(0, 300) };
}

/** Lets the request pass if its policy does, and leaves who it is on it. */
export async function authenticate(
  identify: Identify,
  request: FastifyRequest,
  policy: Policy,
  credential: Credential | null,
): Promise<void> {
  if (policy === 'public') return;
  if (!credential) throw unauthenticated();
  if (policy === 'session') {
    setVisitor(request, await visitorOf(identify, request, credential));
    return;
  }
  const who = await whoIs(identify, request, credential);
  setWho(request, who);
  if (!isAllowed(who, policy)) throw await refusal(identify, who, policy);
}

/** Says why not, and whom to ask. */
async function refusal(identify: Identify, who: Who, policy: Exclude<Policy, string>): Promise<AppError> {
  const ask = `Ask ${await identify.whomToAsk(who.workspaceId)}.`;
  const { role, scope } = policy;
  if (isHiddenFrom(who, policy)) {
    return new AppError('forbidden', {
      reason: 'connections_hidden',
      detail: `This workspace shows its connections to owners and admins only; you can use them in columns all the same. ${ask}`,
    });
  }
  return new AppError('forbidden', {
    detail:
      who.tokenId === null
        ? `This needs the role ${role} or more; yours is ${who.role}. ${ask}`
        : `This token may not do that: it needs ${scope === null ? '' : `the scope ${scope}, and `}a maker whose role is ${role} or more. ${ask}`,
  });
}

/** The role alone would do: it is the workspace's choice that it does not. */
function isHiddenFrom(who: Who, { role, scope }: Exclude<Policy, string>): boolean {
  const scopes = scopesOfRole[who.role];
  return (
    who.tokenId === null &&
    scope === 'connections:read' &&
    isAllowed({ role: who.role, scopes }, { role, scope })
  );
}

async function visitorOf(
  identify: Identify,
  request: FastifyRequest,
  credential: Credential,
): Promise<Visitor> {
  if (credential.kind !== 'session')
    throw unauthenticated('This is for people signed in, not for API tokens.');
  const visitor = await identify.bySession(credential.token, clientOf(request));
  if (!visitor) throw unauthenticated();
  return visitor;
}

async function whoIs(identify: Identify, request: FastifyRequest, credential: Credential): Promise<Who> {
  const client = clientOf(request);
  const asked = askedWorkspace(request);
  if (credential.kind === 'token') {
    const who = await identify.byToken(credential.token, client);
    if (!who) throw unauthenticated();
    if (asked !== null && asked !== who.workspaceId) throw new AppError('not_found');
    return who;
  }
  // Whoever is not signed in is told that first, and no more.
  if (asked === null || !workspaceIdShape.safeParse(asked).success) {
    await visitorOf(identify, request, credential);
    throw asked === null ? needsWorkspace() : new AppError('not_found');
  }
  const found = await identify.bySessionIn(credential.token, asked, client);
  if (!found) throw unauthenticated();
  if (!found.who) throw new AppError('not_found');
  return found.who;
}

function needsWorkspace(): AppError {
  return new AppError('invalid_input', {
    detail: 'Say which workspace is meant, in the header Keyrail-Workspace.',
    fields: [{ path: 'Keyrail-Workspace', message: 'This header is needed with a session.' }],
  });
}

/** Event streams are looked at again while they are open, when the parameter is gone from the query. */
const fromQuery = new WeakMap<FastifyRequest, string>();

/**
 * The header; or, for a GET that a browser makes by itself and cannot add headers to (a download, an event stream),
 * `?workspace=`, which is taken out so that the route does not see it.
 */
function askedWorkspace(request: FastifyRequest): string | null {
  const header = request.headers['keyrail-workspace'];
  if (typeof header === 'string') return header;
  if (request.routeOptions.config?.isForwarded === true) return null;
  const query = request.query as Record<string, unknown>;
  if (request.method !== 'GET' || typeof query.workspace !== 'string') return fromQuery.get(request) ?? null;
  const asked = query.workspace;
  delete query.workspace;
  fromQuery.set(request, asked);
  return asked;
}

function unauthenticated(detail?: string): AppError {
  return new AppError('unauthenticated', detail === undefined ? {} : { detail });
}
