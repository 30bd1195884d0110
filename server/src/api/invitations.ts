import { invitationId, type WorkspaceId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import {
  acceptedInvitation,
  acceptInvitation,
  createdInvitation,
  createInvitation,
  type Invitation,
  type InvitationState,
  invitation,
  invitationState,
} from '@keyrail/contract/people';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { AppError } from '../lib/app-error.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import type { LinkState, NewPerson } from '../workspaces/accept-invitation.ts';
import type { Invitation as StoredInvitation } from '../workspaces/invitation.ts';
import type { Membership } from '../workspaces/membership.ts';
import type { People } from '../workspaces/people.ts';
import { clientOf } from './authenticate.ts';
import { ownOrigin } from './own-origin.ts';
import { pageFrom } from './page.ts';
import type { App } from './route.ts';
import { type Paused, presentSession, type SessionConfig } from './session.ts';
import { cookieName, setSessionCookie } from './session-cookie.ts';

export type InvitationRoutesDeps = Paused &
  Pick<People, 'bySession' | 'workspacesOf'> &
  Pick<
    Membership,
    'invite' | 'openInvitations' | 'revokeInvitation' | 'invitationState' | 'acceptAsNew' | 'acceptAsMember'
  >;

type InvitationConfig = SessionConfig & Pick<Config, 'publicUrl'>;

const managing = { role: 'admin', scope: 'workspace:admin' } as const;
const tags = ['People'];

export function invitationRoutes(app: App, deps: InvitationRoutesDeps, config: InvitationConfig): void {
  manageRoutes(app, deps, config);
  linkRoutes(app, deps, config);
}

function manageRoutes(app: App, deps: InvitationRoutesDeps, config: InvitationConfig): void {
  app.route({
    method: 'GET',
    url: '/v1/invitations',
    config: { policy: managing },
    schema: {
      tags,
      summary: 'The invitations that still work, newest first',
      querystring: pageQuery,
      response: { 200: pageOf(invitation) },
    },
    handler: async (request) =>
      pageFrom(
        request.query,
        invitationId,
        ({ limit, after }) => deps.openInvitations(request.who, { limit, before: after }),
        (row) => row.id,
        presentInvitation,
      ),
  });
  app.route({
    method: 'POST',
    url: '/v1/invitations',
    config: { policy: managing, shownOnce: ['link'] },
    schema: {
      tags,
      summary: 'Invite somebody by a link',
      description:
        'The answer holds the link, this one time: send it to whom it is for. It works once, for seven days. Owners invite to any role, admins to all but owner.',
      body: createInvitation,
      response: { 201: createdInvitation },
    },
    handler: async (request, reply) => {
      const made = await deps.invite(request.who, request.body);
      return reply.code(201).send({ ...presentInvitation(made), link: linkOf(config, request, made.code) });
    },
  });
  app.route({
    method: 'DELETE',
    url: '/v1/invitations/:id',
    config: { policy: managing },
    schema: {
      tags,
      summary: 'Revoke an invitation, at once',
      params: z.strictObject({ id: invitationId }),
      response: { 204: z.undefined() },
    },
    handler: async (request, reply) => {
      await deps.revokeInvitation(request.who, request.params.id);
      return reply.code(204).send(undefined);
    },
  });
}

/** For whoever holds a link, signed in or not. */
function linkRoutes(app: App, deps: InvitationRoutesDeps, config: InvitationConfig): void {
  app.route({
    method: 'GET',
    url: '/v1/invitations/state',
    config: { policy: 'public' },
    schema: {
      tags,
      summary: 'What an invitation link leads to',
      querystring: z.strictObject({ code: z.string().min(1).max(200) }),
      response: { 200: invitationState },
    },
    handler: async (request) => presentState(await deps.invitationState(request.query.code)),
  });
  app.route({
    method: 'POST',
    url: '/v1/invitations/accept',
    config: { policy: 'public' },
    schema: {
      tags,
      summary: 'Join a workspace by an invitation',
      description:
        'With `name`, `email` and `password` it makes an account and signs in. With the `code` alone, whoever is signed in joins.',
      body: acceptInvitation,
      response: { 201: acceptedInvitation },
    },
    handler: async (request, reply) => {
      const { code, ...person } = request.body;
      const { token, workspaceId } = isNewPerson(person)
        ? await joinAsNew(deps, config, request, reply, code, person)
        : await joinAsMember(deps, config, request, code);
      const session = await presentSession(deps, config, token, clientOf(request));
      return reply.code(201).send({ ...session, joined: workspaceId });
    },
  });
}

interface JoinedBy {
  /** Of the session that joined. */
  token: string;
  workspaceId: WorkspaceId;
}

async function joinAsNew(
  deps: InvitationRoutesDeps,
  config: InvitationConfig,
  request: FastifyRequest,
  reply: FastifyReply,
  code: string,
  person: NewPerson,
): Promise<JoinedBy> {
  const { session, workspaceId } = await deps.acceptAsNew(code, person, clientOf(request));
  setSessionCookie(reply, config.publicUrl, session.token, session.expiresAt);
  return { token: session.token, workspaceId };
}

async function joinAsMember(
  deps: InvitationRoutesDeps,
  config: InvitationConfig,
  request: FastifyRequest,
  code: string,
): Promise<JoinedBy> {
  const client = clientOf(request);
  const token = request.cookies[cookieName(config.publicUrl)] ?? '';
  const visitor = token === '' ? null : await deps.bySession(token, client);
  if (visitor === null) {
    throw new AppError('unauthenticated', {
      detail: 'Sign in to join with your account, or send name, email and password to make one.',
    });
  }
  return { token, workspaceId: await deps.acceptAsMember(code, visitor, client) };
}

/** All three or none: half of an account is a mistake, and is named as one. */
function isNewPerson(person: { [Name in keyof NewPerson]?: string | undefined }): person is NewPerson {
  const names = ['name', 'email', 'password'] as const;
  const missing = names.filter((name) => person[name] === undefined);
  if (missing.length === names.length) return false;
  if (missing.length === 0) return true;
  throw new AppError('invalid_input', {
    detail: `A new account needs ${missing.join(' and ')} as well.`,
    fields: missing.map((path) => ({ path, message: 'This is needed for a new account.' })),
  });
}

/**
 * Without a public address the server is reached on this machine alone, by whatever port leads to it; a name that is
 * another machine's comes from whoever wants a link to there.
 */
function linkOf({ publicUrl }: InvitationConfig, request: FastifyRequest, code: string): string {
  const named = URL.parse(`${request.protocol}://${request.host}`);
  const here = named !== null && isLoopbackHost(named.hostname) ? named.origin : ownOrigin(request, null);
  const link = new URL('/invitation', publicUrl ?? here);
  link.searchParams.set('code', code);
  return link.href;
}

function presentInvitation(row: StoredInvitation): Invitation {
  return {
    id: row.id,
    role: row.role,
    note: row.note,
    created_by: row.createdBy,
    created_at: row.createdAt.toISOString(),
    expires_at: row.expiresAt.toISOString(),
  };
}

function presentState(found: LinkState): InvitationState {
  if (found.state !== 'open') {
    return { state: found.state, workspace_name: null, role: null, invited_by: null, expires_at: null };
  }
  return {
    state: 'open',
    workspace_name: found.workspaceName,
    role: found.role,
    invited_by: found.invitedBy,
    expires_at: found.expiresAt.toISOString(),
  };
}
