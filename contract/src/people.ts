import { z } from 'zod';
import { connectionId, connectionRequestId, invitationId, tokenId, userId, workspaceId } from './ids.ts';
import { pageQuery, timestamp } from './page.ts';

export const role = z.enum(['owner', 'admin', 'editor', 'viewer']);
export type Role = z.infer<typeof role>;

export const scope = z.enum([
  'integrations:read',
  'connections:read',
  'connections:write',
  'connections:use',
  'credentials:read',
  'tables:read',
  'tables:write',
  'runs:write',
  'syncs:write',
  'audit:read',
  'workspace:admin',
]);
export type Scope = z.infer<typeof scope>;

const email = z.email().max(254);
const password = z.string().min(8).max(256);

/**
 * `POST /v1/setup`: makes a workspace and its owner's account with the one-time link that the server printed at its start. An
 * e-mail address that has an account keeps it, with its name, if the password is the account's.
 */
export const setup = z.strictObject({
  code: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100),
  email,
  password,
  workspace_name: z.string().trim().min(1).max(100),
});

/** `GET /v1/setup?code=`: whether the link still works. */
export const setupState = z.object({
  is_open: z.boolean(),
  has_accounts: z
    .boolean()
    .describe(
      'True where the last workspace was deleted: people keep their accounts. False while it is not open.',
    ),
});

/** `POST /v1/session`: sign in. `DELETE /v1/session`: sign out. `GET /v1/session`: who is signed in. */
export const signIn = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
});

/** Who sees the Connections page: everybody (read only for editors and viewers), or owners and admins alone. */
export const connectionsVisibility = z.enum(['everybody', 'admins']);
export type ConnectionsVisibility = z.infer<typeof connectionsVisibility>;

export const workspace = z.object({
  id: workspaceId,
  name: z.string(),
  role,
  contact_for_help: z.string().nullable(),
  whom_to_ask: z
    .string()
    .describe('For "Ask …": the contact for help or, where none is set, the owners: "Olive (owner)".'),
  connections_visible_to: connectionsVisibility,
  version: z.int().describe('The ETag; send it as If-Match with a change.'),
});
export type Workspace = z.infer<typeof workspace>;

export const session = z.object({
  user: z.object({ id: userId, name: z.string(), email: z.string() }),
  workspaces: z.array(workspace),
  /** Set while the operator points outbound calls elsewhere (`KEYRAIL_UPSTREAMS`): shown as a banner. */
  upstreams_redirected: z.boolean(),
  /** Set while this server believes it runs on a copy of another one's database: nothing is sent. Shown as a banner. */
  is_quarantined: z.boolean(),
});
export type Session = z.infer<typeof session>;

export const updateWorkspace = z.strictObject({
  name: z.string().trim().min(1).max(100).optional(),
  contact_for_help: z.string().trim().max(200).nullable().optional(),
  connections_visible_to: connectionsVisibility.optional(),
});

/**
 * `DELETE /v1/workspace`: an owner who is signed in alone, no API token. Nobody is in the workspace from then on; tools are told
 * for ten seconds that access people signed in for has ended; then its data keys are destroyed, so that nothing secret of it
 * can be opened any more, by anybody; the rest goes in the background. People keep their accounts.
 */
export const deleteWorkspace = z.strictObject({
  name: z.string().max(200).describe('The name of the workspace, exactly, to confirm.'),
});

/** What is left for people to do. */
export const deletedWorkspace = z.object({
  not_withdrawn: z
    .array(
      z.object({
        integration: z.string().describe('The slug.'),
        integration_name: z.string(),
        connection_name: z.string().nullable(),
        account_name: z.string().nullable(),
        remove_url: z.url().nullable().describe('Where a person removes the access at the tool.'),
      }),
    )
    .describe('Access that could not be withdrawn at the tool.'),
});
export type DeletedWorkspace = z.infer<typeof deletedWorkspace>;

export const member = z.object({
  user_id: userId,
  name: z.string(),
  email: z.string(),
  role,
  created_at: timestamp,
});
export type Member = z.infer<typeof member>;

/** `PATCH /v1/members/{user_id}`. Only owners change owners or make one; a workspace never is without an owner. */
export const updateMember = z.strictObject({ role });

/** What stays or ends when somebody leaves: shown before it is confirmed, and answered when it is done. */
export const leaving = z.object({
  connections: z
    .array(
      z.object({
        id: connectionId,
        integration: z.string().describe('The slug.'),
        name: z.string(),
        method: z.string(),
        status: z.string(),
      }),
    )
    .describe('Connections they signed in for. They keep working; somebody else should sign in for each.'),
  api_tokens_count: z.int().describe('API tokens they made. These stop working at once.'),
});
export type Leaving = z.infer<typeof leaving>;

/** `POST /v1/invitations`: the link works once, for 7 days. */
export const createInvitation = z.strictObject({
  role,
  note: z.string().trim().max(200).nullable().default(null).describe('Whom it is for; seen by admins alone.'),
});

export const invitation = z
  .object({
    id: invitationId,
    role,
    note: z.string().nullable(),
    created_by: z.string().nullable(),
    created_at: timestamp,
    expires_at: timestamp,
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.infer<typeof invitation>;

/** The only answer that holds the link; what is stored of it is a hash. */
export const createdInvitation = invitation.extend({
  link: z
    .url()
    .nullable()
    .describe('Shown once: null when the request is repeated with its Idempotency-Key.'),
});

/** `GET /v1/invitations/state?code=`: what the link leads to. Only an open one says which workspace it is of. */
export const invitationState = z.object({
  state: z.enum(['open', 'used', 'revoked', 'expired', 'unknown']),
  workspace_name: z.string().nullable(),
  role: role.nullable(),
  invited_by: z.string().nullable(),
  expires_at: timestamp.nullable(),
});
export type InvitationState = z.infer<typeof invitationState>;

/**
 * `POST /v1/invitations/accept`: with name, e-mail address and password somebody new gets an account and is signed in; with
 * the code alone, whoever is signed in joins the workspace.
 */
export const acceptInvitation = z.strictObject({
  code: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100).optional(),
  email: email.optional(),
  password: password.optional(),
});

/** What an invitation's acceptance answers: the session, and the workspace that was joined. */
export const acceptedInvitation = session.extend({ joined: workspaceId });

/** `POST /v1/connection-requests`: an editor asks for a tool to be connected. Adding a connection for it fulfils it. */
export const createConnectionRequest = z.strictObject({
  integration: z.string().min(1).max(100),
  note: z.string().trim().max(500).nullable().default(null),
});

export const connectionRequestState = z.enum(['open', 'done', 'declined']);
export const connectionRequest = z
  .object({
    id: connectionRequestId,
    integration: z.string().describe('The slug.'),
    note: z.string().nullable(),
    state: connectionRequestState,
    requested_by: z.string(),
    requested_by_id: userId.nullable(),
    created_at: timestamp,
    decided_by: z.string().nullable(),
    decided_at: timestamp.nullable(),
    connection_id: connectionId.nullable().describe('The connection whose adding fulfilled it.'),
  })
  .meta({ id: 'ConnectionRequest' });
export type ConnectionRequest = z.infer<typeof connectionRequest>;

/** Admins and owners see all requests, editors their own; newest first. */
export const connectionRequestsQuery = pageQuery.extend({ state: connectionRequestState.optional() });

export const createToken = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(scope).min(1).describe("No wider than the maker's role."),
  expires_in_days: z.int().min(1).max(3650).nullable().default(null),
  connection_ids: z
    .array(z.string())
    .max(100)
    .nullable()
    .default(null)
    .describe('Bound to these connections alone.'),
});

export const apiToken = z
  .object({
    id: tokenId,
    name: z.string(),
    hint: z.string().describe('Prefix and last 4 characters.'),
    scopes: z.array(scope),
    connection_ids: z.array(z.string()).nullable(),
    created_by: z.string().nullable(),
    created_at: timestamp,
    expires_at: timestamp.nullable(),
    last_used_at: timestamp.nullable(),
  })
  .meta({ id: 'ApiToken' });
export type ApiToken = z.infer<typeof apiToken>;

/** The only answer that holds the token. */
export const createdToken = apiToken.extend({
  token: z
    .string()
    .nullable()
    .describe('kr_…, shown once: null when the request is repeated with its Idempotency-Key.'),
});
