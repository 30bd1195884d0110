import { z } from 'zod';
import { tokenId, userId, workspaceId } from './ids.ts';
import { timestamp } from './page.ts';

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

/** `POST /v1/setup`: makes the owner's account with the one-time link that the server printed at its start. */
export const setup = z.strictObject({
  code: z.string().min(1).max(200),
  name: z.string().trim().min(1).max(100),
  email,
  password,
  workspace_name: z.string().trim().min(1).max(100),
});

/** `GET /v1/setup?code=`: whether the link still works. */
export const setupState = z.object({ is_open: z.boolean() });

/** `POST /v1/session`: sign in. `DELETE /v1/session`: sign out. `GET /v1/session`: who is signed in. */
export const signIn = z.strictObject({
  email: z.string().min(1).max(254),
  password: z.string().min(1).max(256),
});

export const workspace = z.object({
  id: workspaceId,
  name: z.string(),
  role,
  contact_for_help: z.string().nullable(),
});
export type Workspace = z.infer<typeof workspace>;

export const session = z.object({
  user: z.object({ id: userId, name: z.string(), email: z.string() }),
  workspaces: z.array(workspace),
  /** Set while the operator points outbound calls elsewhere (`KEYRAIL_UPSTREAMS`): shown as a banner. */
  upstreams_redirected: z.boolean(),
});
export type Session = z.infer<typeof session>;

export const updateWorkspace = z.strictObject({
  name: z.string().trim().min(1).max(100).optional(),
  contact_for_help: z.string().trim().max(200).nullable().optional(),
});

export const member = z.object({
  user_id: userId,
  name: z.string(),
  email: z.string(),
  role,
  created_at: timestamp,
});

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
