import { z } from 'zod';
import { dependent } from './connections.ts';
import { customAuth, oauth2Auth } from './custom-auth.ts';
import { customIntegrationId } from './ids.ts';
import { json } from './json.ts';
import { timestamp } from './page.ts';
import { verdict } from './verdicts.ts';

/**
 * An integration that a workspace describes itself: `POST/GET /v1/custom-integrations`,
 * `GET/PATCH/DELETE /v1/custom-integrations/{slug}`, `POST /v1/custom-integrations/test`. Once saved it is an integration like any
 * other: connections, columns, runs and the proxy take its slug.
 */

const address = z.string().trim().min(1).max(500);
const path = z.string().max(500).describe('Starts with /; added to the address. {name} stands for an input.');
const values = z
  .record(z.string().min(1).max(200), z.string().max(4_000))
  .describe('By name. {name} stands for an input.');
const label = z.string().trim().min(1).max(80);
const status = z.int().min(100).max(599);

export const customCheck = z.strictObject({
  method: z.enum(['GET', 'POST']).default('GET'),
  path,
  query: values.default({}),
  body: z.json().nullable().default(null),
  ok_status: z.array(status).max(20).default([]).describe('Empty: any 2xx.'),
  rejected_status: z
    .array(status)
    .max(20)
    .default([])
    .describe('Beside 401: statuses that mean the credential is not accepted.'),
  ok_path: z
    .string()
    .max(200)
    .nullable()
    .default(null)
    .describe(
      'Where the answer shows that all is well: `data.id`, `ok`. What is not there, or not as said, is rejected.',
    ),
  ok_equals: z
    .string()
    .max(200)
    .nullable()
    .default(null)
    .describe('What must stand there; null: anything but nothing.'),
  account_path: z
    .string()
    .max(200)
    .nullable()
    .default(null)
    .describe('Where the answer names the account: shown as "Connected as".'),
});
export type CustomCheck = z.infer<typeof customCheck>;

/** What a value means; columns are offered for inputs by it. */
export const customValueType = z.enum([
  'text',
  'long_text',
  'email',
  'domain',
  'url',
  'linkedin_url',
  'first_name',
  'last_name',
  'full_name',
  'company_name',
  'job_title',
  'phone',
  'location',
  'number',
  'integer',
  'boolean',
  'date',
  'datetime',
  'json',
]);

const itemName = z
  .string()
  .max(60)
  .regex(/^[a-z][a-z0-9_]*$/, 'use lower-case letters, digits and underscores, starting with a letter');

export const customAction = z.strictObject({
  name: itemName,
  label: z.string().trim().min(1).max(60),
  description: z.string().trim().max(600).default(''),
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
  path,
  address: address
    .nullable()
    .default(null)
    .describe('Where this action is at another address: one of `allowed_hosts`.'),
  query: values.default({}),
  headers: values.default({}),
  body: z.json().nullable().default(null).describe('JSON; a text in it may have {name} places.'),
  inputs: z
    .array(
      z.strictObject({
        name: itemName,
        label,
        type: customValueType.default('text'),
        is_required: z.boolean().default(false),
        help: z.string().trim().max(600).default(''),
      }),
    )
    .max(30)
    .default([]),
  outputs: z
    .array(
      z.strictObject({
        name: itemName,
        label,
        type: customValueType.default('text'),
        path: z.string().max(200).describe('Where in the JSON answer: `data.emails[0].value`.'),
      }),
    )
    .min(1)
    .max(30)
    .describe('The first is what the column itself shows.'),
  no_result_status: z.array(status).max(20).default([]).describe('Statuses that mean "nothing found".'),
  no_result_path: z
    .string()
    .max(200)
    .nullable()
    .default(null)
    .describe('Nothing found, where there is nothing at this place.'),
  is_repeatable: z
    .boolean()
    .default(false)
    .describe('Sending it twice does no more than sending it once, and costs nothing to speak of.'),
});
export type CustomAction = z.infer<typeof customAction>;

export const customDefinition = z.strictObject({
  name: z.string().trim().min(1).max(60),
  description: z.string().trim().max(160).default(''),
  icon: z
    .strictObject({
      text: z.string().trim().min(1).max(16).describe('One or two letters, or one emoji.'),
      color: z.string().regex(/^#[0-9A-Fa-f]{6}$/, 'write a colour as #RRGGBB'),
    })
    .nullable()
    .default(null)
    .describe('Null: the first letter of the name.'),
  base_url: address.describe(
    'The address of the API. The credential goes there, and nowhere else but `allowed_hosts`.',
  ),
  allowed_hosts: z
    .array(address)
    .max(10)
    .default([])
    .describe('Other origins the credential may go to: `https://files.example.com`.'),
  auth: customAuth,
  headers: z
    .record(z.string().max(200), z.string().max(2_000))
    .default({})
    .describe('Sent with every request. No credentials: those stand under `auth`.'),
  check: customCheck
    .nullable()
    .default(null)
    .describe('The cheapest harmless request that shows whether a credential works. Null: there is none.'),
  actions: z.array(customAction).max(30).default([]),
});
export type CustomDefinition = z.infer<typeof customDefinition>;
export type CustomDefinitionInput = z.input<typeof customDefinition>;

/** A connection that a change of address or way of signing in leaves without its credentials. */
export const affectedConnection = z.object({
  id: z.string(),
  name: z.string(),
  dependents: z
    .array(dependent)
    .describe('What uses it and stands still until the credentials are entered again.'),
});
export type AffectedConnection = z.infer<typeof affectedConnection>;

export const customIntegration = customDefinition
  .extend({
    id: customIntegrationId,
    slug: z
      .string()
      .describe('What connections, columns and the proxy call it; it stays when the name changes.'),
    connection_count: z.int(),
    credentials_kept: z
      .boolean()
      .describe('False right after a change that destroyed the credentials of its connections.'),
    warnings: z.array(z.string()).describe('What is allowed, but perhaps not meant.'),
    version: z.int(),
    created_at: timestamp,
    created_by: z.string().nullable(),
    updated_at: timestamp,
    updated_by: z.string().nullable(),
  })
  .meta({ id: 'CustomIntegration' });
export type CustomIntegration = z.infer<typeof customIntegration>;

const { shape } = customDefinition;

/** What is left out stays as it is; what is given replaces the whole member. */
export const updateCustomIntegration = z.strictObject({
  name: shape.name.optional(),
  description: shape.description.unwrap().optional(),
  icon: shape.icon.unwrap().optional(),
  base_url: shape.base_url.optional(),
  allowed_hosts: shape.allowed_hosts.unwrap().optional(),
  auth: shape.auth.optional(),
  headers: shape.headers.unwrap().optional(),
  check: shape.check.unwrap().optional(),
  actions: shape.actions.unwrap().optional(),
  confirm: z
    .boolean()
    .default(false)
    .describe(
      'Needed where the change destroys stored credentials: without it the answer is 409 with the connections that lose theirs.',
    ),
});
export type UpdateCustomIntegration = Partial<CustomDefinitionInput> & { confirm?: boolean };

/** `DELETE …?confirm=true`: without it, where connections are there, 409 with what would be deleted along. */
export const deleteCustomIntegrationQuery = z.strictObject({
  confirm: z.enum(['true', 'false']).default('false'),
});

/** `POST /v1/custom-integrations/test`: sends the check request, or one action, and saves nothing. */
export const testCustomIntegration = z.strictObject({
  definition: customDefinition,
  credentials: z
    .record(z.string().max(100), z.string().max(256 * 1024))
    .default({})
    .describe('As a connection is entered. For oauth2: an `access_token` to try with.'),
  action: itemName.nullable().default(null).describe('Null: the check request.'),
  inputs: z.record(z.string().max(60), z.json()).default({}).describe('For the action.'),
});
export type TestCustomIntegration = z.input<typeof testCustomIntegration>;

const shownHeader = z.object({ name: z.string(), value: z.string() });

/** One request and its answer as they went over the wire, every secret in them masked. */
export const exchange = z.object({
  request: z.object({
    method: z.string(),
    url: z.string(),
    headers: z.array(shownHeader),
    body: z.string().nullable(),
  }),
  response: z
    .object({
      status: z.int(),
      headers: z.array(shownHeader),
      body: z.string().describe('At most 16 KB of it.'),
      is_truncated: z.boolean(),
      duration_ms: z.int(),
    })
    .nullable()
    .describe('Null where none came.'),
});
export type Exchange = z.infer<typeof exchange>;

export const customTestResult = z
  .object({
    is_ok: z.boolean(),
    message: z.string(),
    next_step: z.string().nullable(),
    verdict: verdict.nullable().describe('Of the check; null with an action, and where nothing was sent.'),
    exchange: exchange.nullable().describe('The last request; null where none was sent.'),
    outputs: z.record(z.string(), json).nullable().describe('What the action found, by output.'),
    notes: z.array(z.string()),
  })
  .meta({ id: 'CustomTestResult' });
export type CustomTestResult = z.infer<typeof customTestResult>;

export const customIntegrationList = z.object({ data: z.array(customIntegration) });

/**
 * `POST /v1/custom-integrations/discover`: reads what an authorization server says of itself (RFC 8414, OpenID Connect
 * Discovery), so that nobody types its addresses. Nothing is stored.
 */
export const discover = z.strictObject({ issuer: address });
export const discovered = z.object({
  issuer: z.url(),
  auth: oauth2Auth.describe('Ready to be used as `auth`; scopes are left empty.'),
  scopes_supported: z.array(z.string()).max(500),
  grant_types_supported: z.array(z.string()).max(50),
  notes: z.array(z.string()).describe('What is unusual about this server, in sentences.'),
});
export type Discovered = z.infer<typeof discovered>;
