import type { ConnectedApp } from '@keyrail/contract/connections';
import type {
  AuthMethodKind,
  CredentialField,
  Integration,
  IntegrationIcon,
  IntegrationSource,
  IntegrationSummary,
  AuthMethod as ShownMethod,
} from '@keyrail/contract/integrations';
import { limitWords } from '../catalog/about/limits.ts';
import { checkOf, methodFacts } from '../catalog/about/methods.ts';
import { type CatalogEntry, entryOf } from '../catalog/catalog-entry.ts';
import { OWN_PREFIX } from '../catalog/catalogs.ts';
import type { AuthMethod, KeyHelp, OAuth2Method, Scope } from '../catalog/definition/auth-definition.ts';
import type { ConnectionField, CredentialField as Field } from '../catalog/definition/field-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { iconFile } from '../catalog/icon.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { ADDRESS_STAMP, fixedFields } from '../catalog/requests/base-url.ts';
import type { App } from '../connections/look.ts';
import { presentAction } from './present-action.ts';

export function presentSummary(entry: CatalogEntry, connectionCount: number): IntegrationSummary {
  return {
    slug: entry.slug,
    name: entry.name,
    category: entry.category,
    description: entry.description,
    icon: presentIcon(entry),
    methods: [...entry.methods],
    is_custom: isOwn(entry),
    connection_count: connectionCount,
  };
}

/** The one-time sign-in setup of an integration, as far as everybody may see it. */
export interface Setup {
  setUpBy: 'workspace' | 'operator' | null;
  redirectUri: string;
}

export function presentIntegration(
  definition: Definition,
  connectionCount: number,
  setup: Setup | null,
): Integration {
  const asked = definition.connectionFields.filter(
    (field) => field.filledFrom === undefined && field.fixed === undefined,
  );
  const offered = definition.actions.filter((action) => action.perRow);
  return {
    ...presentSummary(entryOf(definition), connectionCount),
    homepage: definition.homepage,
    // Of what a workspace described itself nobody knows where its documentation is.
    docs_url: isOwn(definition) ? null : definition.docsUrl,
    key_location: definition.auth.find((method) => method.keyHelp)?.keyHelp?.location ?? null,
    auth_methods: definition.auth.map((method) => presentMethod(definition, method, setup, asked)),
    connection_fields: asked
      .filter((field) => field.methods === undefined)
      .map((field) => presentField(field, false, undefined)),
    actions: [...offered]
      .sort((a, b) => Number(b.primary) - Number(a.primary))
      .map((action) => presentAction(action, definition)),
    limits_note: definition.rateLimits?.note ?? null,
    limits: limitWords(definition),
    oddities: definition.oddities,
    sources: isOwn(definition) ? [] : definition.sources.map(presentSource),
    checked: isOwn(definition) ? null : definition.checked,
  };
}

export function presentApp(app: App, entry: CatalogEntry | undefined): ConnectedApp {
  const { integration } = app;
  return {
    integration,
    name: entry?.name ?? integration,
    icon: entry === undefined ? unknownIcon(integration) : presentIcon(entry),
    is_custom: isOwn({ slug: integration }),
    is_missing: entry === undefined,
    connection_count: app.connectionCount,
    worst_status: app.worstStatus,
    last_used_at: app.lastUsedAt?.toISOString() ?? null,
  };
}

export function presentIcon(definition: Pick<Definition, 'icon'>): IntegrationIcon {
  const { text, color } = definition.icon;
  const file = iconFile(definition);
  return { url: file === null ? null : `/icons/${file}`, monogram: text, color };
}

/** Of a tool that the catalog no longer has. */
export function unknownIcon(slug: string): IntegrationIcon {
  return { url: null, monogram: slug.charAt(0).toUpperCase(), color: '#5d606a' };
}

function presentSource(source: Definition['sources'][number]): IntegrationSource {
  const { at, for: of } = source;
  // A place in a repository may follow its address, behind a space.
  const [address = ''] = at.split(/\s/);
  return { at, url: /^https?:\/\//.test(address) && URL.canParse(address) ? address : null, for: [...of] };
}

function isOwn({ slug }: Pick<Definition, 'slug'>): boolean {
  return slug.startsWith(OWN_PREFIX);
}

const METHOD_LABELS: Record<AuthMethodKind, string> = {
  api_key: 'API key',
  basic: 'User name and password',
  oauth2: 'OAuth',
  oauth2_client_credentials: 'OAuth client credentials',
  service_account: 'Service account',
  certificate: 'Client certificate',
  none: 'No credentials',
};

/** Beside its own fields a method has those of the connection that are asked for with it alone. */
function presentMethod(
  definition: Definition,
  method: AuthMethod,
  setup: Setup | null,
  asked: readonly ConnectionField[],
): ShownMethod {
  const fields = 'fields' in method ? method.fields : [];
  const ofAddress = asked.filter((field) => field.methods?.includes(methodIdOf(method)));
  return {
    id: methodIdOf(method),
    kind: method.type,
    label: method.label ?? METHOD_LABELS[method.type],
    when_to_use: method.note ?? null,
    is_available: true,
    fields: [
      ...ofAddress.map((field) => presentField(field, false, undefined)),
      ...fields.map((field) => presentField(field, field.secret, method.keyHelp)),
    ],
    key_location: method.keyHelp?.location ?? null,
    setup: method.type === 'oauth2' && setup !== null ? presentSetup(definition, method, setup) : null,
    scopes: 'scopes' in method ? method.scopes.map(presentScope) : [],
    rotation_help: helpToRotate(method),
    key_hint: method.keyHelp?.hint ?? null,
    key_url: method.keyHelp?.url ?? null,
    check: checkOf(definition, method),
    facts: methodFacts(method, definition),
  };
}

function presentSetup(
  { name, connectionFields }: Pick<Definition, 'name' | 'connectionFields'>,
  method: OAuth2Method,
  { setUpBy, redirectUri }: Setup,
): ShownMethod['setup'] {
  const isRefused = method.requiresHttps && redirectUri.startsWith('http:');
  return {
    set_up_by: setUpBy,
    redirect_uri: redirectUri,
    register_url: method.registerUrl ?? null,
    note: method.setupNote ?? null,
    warnings: isRefused ? [needsHttps(name)] : [],
    compare: whatToCompare(name, redirectUri),
    address_stamp: fixedFields({ connectionFields })[ADDRESS_STAMP] ?? null,
  };
}

function needsHttps(name: string): string {
  return `${name} takes no redirect URI that starts with http://, so nobody can sign in yet: the operator must first set KEYRAIL_PUBLIC_URL to an https address of this server.`;
}

/** Most tools show such an error on a page of their own and send nobody back: here it never arrives. */
function whatToCompare(name: string, redirectUri: string): string {
  return `If ${name} shows an error about the redirect URI in place of its sign-in page (“redirect_uri_mismatch”, “invalid redirect_uri”, “redirect URI is not registered”), compare the one registered there with ${redirectUri}, character by character: http or https, host, port, path, no slash at the end.`;
}

function presentScope({ name, description, optional }: Scope): ShownMethod['scopes'][number] {
  return { name, description: description ?? null, is_optional: optional };
}

/** Where the file says nothing: from the place the first one came from. */
function helpToRotate({ rotationHelp, keyHelp, type }: AuthMethod): string | null {
  if (rotationHelp !== undefined) return rotationHelp;
  if (keyHelp === undefined) return null;
  const noun = type === 'api_key' ? 'key' : 'credential';
  return `Make a new ${noun} under ${keyHelp.location}, paste it here and save. Once the check has passed, revoke the old one there.`;
}

/** Where no help of its own stands at a secret field, it is where the key is found. */
function presentField(
  field: Field | ConnectionField,
  isSecret: boolean,
  keyHelp: KeyHelp | undefined,
): CredentialField {
  const location = isSecret ? (keyHelp?.hint ?? null) : null;
  return {
    name: field.name,
    label: field.label,
    help: field.help ?? location,
    help_url: isSecret ? (keyHelp?.url ?? null) : null,
    example: field.example ?? null,
    is_secret: isSecret,
    is_required: field.required,
    input: inputOf(field),
    choices: field.choices?.map(({ value, label }) => ({ value, label })) ?? null,
    default: 'default' in field && !field.required ? (field.default ?? null) : null,
    is_listed: field.listedFrom !== undefined,
    group: field.group ?? null,
  };
}

function inputOf(field: Field | ConnectionField): CredentialField['input'] {
  if (field.choices !== undefined) return 'choice';
  if (field.kind === 'authority') return 'file';
  return field.kind === 'multiline' || field.kind === 'file' ? field.kind : 'text';
}
