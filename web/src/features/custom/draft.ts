import type {
  CustomAction,
  CustomAuth,
  CustomDefinition,
  CustomDefinitionInput,
} from '@keyrail/contract/custom';

/** One line of a list of names and values. `key` only tells lines apart. */
export interface Pair {
  key: string;
  name: string;
  value: string;
}

export interface DraftInput {
  key: string;
  name: string;
  label: string;
  type: string;
  isRequired: boolean;
}

export interface DraftOutput {
  key: string;
  name: string;
  label: string;
  type: string;
  path: string;
}

export interface DraftAction {
  key: string;
  /** Empty: made from the label. It stays once it is saved, because columns name it. */
  name: string;
  label: string;
  description: string;
  method: CustomAction['method'];
  path: string;
  address: string;
  query: Pair[];
  headers: Pair[];
  body: string;
  inputs: DraftInput[];
  outputs: DraftOutput[];
  noResultStatus: string;
  noResultPath: string;
  isRepeatable: boolean;
}

/** All of every way at once, so that changing one's mind loses nothing. */
export interface DraftAuth {
  type: CustomAuth['type'];
  /** Of headers: name, and what stands before the secret. */
  headers: (Pair & { label: string })[];
  parameters: Pair[];
  label: string;
  isUsernameSecret: boolean;
  authorizeUrl: string;
  tokenUrl: string;
  refreshUrl: string;
  revokeUrl: string;
  scopes: string;
  pkce: boolean;
  tokenAuthMethod: 'client_secret_post' | 'client_secret_basic' | 'none';
  kind: 'google_service_account' | 'jwt_bearer' | 'aws_access_key';
  audience: string;
  service: string;
  region: string;
}

/** A description while it is being written: texts as they were typed. */
export interface Draft {
  name: string;
  description: string;
  iconText: string;
  iconColor: string;
  baseUrl: string;
  allowedHosts: string;
  auth: DraftAuth;
  headers: Pair[];
  hasCheck: boolean;
  check: {
    method: 'GET' | 'POST';
    path: string;
    query: Pair[];
    body: string;
    okStatus: string;
    rejectedStatus: string;
    okPath: string;
    okEquals: string;
    accountPath: string;
  };
  actions: DraftAction[];
}

let keys = 0;
export const newKey = (): string => {
  keys += 1;
  return `k${keys}`;
};

export const newPair = (name = '', value = ''): Pair => ({ key: newKey(), name, value });

export function newAction(): DraftAction {
  return {
    key: newKey(),
    name: '',
    label: '',
    description: '',
    method: 'GET',
    path: '/',
    address: '',
    query: [],
    headers: [],
    body: '',
    inputs: [],
    outputs: [{ key: newKey(), name: '', label: '', type: 'text', path: '' }],
    noResultStatus: '404',
    noResultPath: '',
    isRepeatable: true,
  };
}

export const iconColors = [
  '#5b5bd6',
  '#0f766e',
  '#b45309',
  '#be123c',
  '#1d4ed8',
  '#7e22ce',
  '#15803d',
  '#3f3f46',
];

export function emptyDraft(name: string): Draft {
  return {
    name,
    description: '',
    iconText: '',
    iconColor: iconColors[0] ?? '#5b5bd6',
    baseUrl: '',
    allowedHosts: '',
    auth: {
      type: 'bearer',
      headers: [{ ...newPair('X-Api-Key'), label: 'API key' }],
      parameters: [newPair('api_key', 'API key')],
      label: 'API key',
      isUsernameSecret: false,
      authorizeUrl: '',
      tokenUrl: '',
      refreshUrl: '',
      revokeUrl: '',
      scopes: '',
      pkce: true,
      tokenAuthMethod: 'client_secret_post',
      kind: 'jwt_bearer',
      audience: '',
      service: '',
      region: '',
    },
    headers: [],
    hasCheck: true,
    check: {
      method: 'GET',
      path: '/',
      query: [],
      body: '',
      okStatus: '',
      rejectedStatus: '',
      okPath: '',
      okEquals: '',
      accountPath: '',
    },
    actions: [],
  };
}

/** What is saved, as a draft. */
export function draftOf(saved: CustomDefinition): Draft {
  const draft = emptyDraft(saved.name);
  const { check } = saved;
  return {
    ...draft,
    description: saved.description,
    iconText: saved.icon?.text ?? '',
    iconColor: saved.icon?.color ?? draft.iconColor,
    baseUrl: saved.base_url,
    allowedHosts: saved.allowed_hosts.join('\n'),
    auth: authDraft(draft.auth, saved.auth),
    headers: pairs(saved.headers),
    hasCheck: check !== null,
    check:
      check === null
        ? draft.check
        : {
            method: check.method,
            path: check.path,
            query: pairs(check.query),
            body: bodyText(check.body),
            okStatus: check.ok_status.join(', '),
            rejectedStatus: check.rejected_status.join(', '),
            okPath: check.ok_path ?? '',
            okEquals: check.ok_equals ?? '',
            accountPath: check.account_path ?? '',
          },
    actions: saved.actions.map(actionDraft),
  };
}

function authDraft(base: DraftAuth, auth: CustomAuth): DraftAuth {
  const draft = { ...base, type: auth.type };
  switch (auth.type) {
    case 'header':
      return {
        ...draft,
        headers: auth.headers.map(({ name, prefix, label }) => ({ ...newPair(name, prefix), label })),
      };
    case 'query':
      return { ...draft, parameters: auth.parameters.map(({ name, label }) => newPair(name, label)) };
    case 'bearer':
      return { ...draft, label: auth.label };
    case 'basic':
      return { ...draft, isUsernameSecret: auth.is_username_secret };
    case 'oauth2':
      return {
        ...draft,
        authorizeUrl: auth.authorize_url,
        tokenUrl: auth.token_url,
        refreshUrl: auth.refresh_url ?? '',
        revokeUrl: auth.revoke_url ?? '',
        scopes: auth.scopes.join(' '),
        pkce: auth.pkce,
        tokenAuthMethod: auth.token_auth_method,
      };
    case 'oauth2_client_credentials':
      return {
        ...draft,
        tokenUrl: auth.token_url,
        scopes: auth.scopes.join(' '),
        tokenAuthMethod: auth.token_auth_method,
      };
    case 'service_account':
      return {
        ...draft,
        kind: auth.kind,
        tokenUrl: auth.token_url ?? '',
        scopes: auth.scopes.join(' '),
        audience: auth.audience,
        service: auth.service,
        region: auth.region,
      };
    default:
      return draft;
  }
}

function actionDraft(action: CustomAction): DraftAction {
  return {
    key: newKey(),
    name: action.name,
    label: action.label,
    description: action.description,
    method: action.method,
    path: action.path,
    address: action.address ?? '',
    query: pairs(action.query),
    headers: pairs(action.headers),
    body: bodyText(action.body),
    inputs: action.inputs.map(({ name, label, type, is_required }) => ({
      key: newKey(),
      name,
      label,
      type,
      isRequired: is_required,
    })),
    outputs: action.outputs.map((output) => ({ key: newKey(), ...output })),
    noResultStatus: action.no_result_status.join(', '),
    noResultPath: action.no_result_path ?? '',
    isRepeatable: action.is_repeatable,
  };
}

const pairs = (record: Readonly<Record<string, string>>): Pair[] =>
  Object.entries(record).map(([name, value]) => newPair(name, value));

const bodyText = (body: unknown): string => (body === null ? '' : JSON.stringify(body, null, 2));

/** The description to send, or what cannot be sent, by the place in it. */
export type Written =
  | { kind: 'definition'; definition: CustomDefinitionInput }
  | { kind: 'problems'; problems: { path: string; message: string }[] };

/** Only what the server could not even read is found here; the rest is its to judge. */
export function written(draft: Draft, base: CustomDefinition | null): Written {
  const problems: { path: string; message: string }[] = [];
  const json = (path: string, text: string) => {
    if (text.trim() === '') return null;
    try {
      return JSON.parse(text);
    } catch {
      problems.push({ path, message: 'This is no JSON. Texts and {places} stand in double quotes.' });
      return null;
    }
  };
  const statuses = (path: string, text: string) =>
    words(text).map((word) => {
      const status = Number(word);
      if (!/^[1-5]\d\d$/.test(word)) problems.push({ path, message: `“${word}” is no status such as 200.` });
      return status;
    });
  const { check } = draft;
  const definition: CustomDefinitionInput = {
    name: draft.name,
    description: draft.description,
    icon:
      draft.iconText.trim() === '' && draft.iconColor === iconColors[0]
        ? null
        : { text: draft.iconText.trim() || draft.name.trim().charAt(0) || '?', color: draft.iconColor },
    base_url: draft.baseUrl,
    allowed_hosts: words(draft.allowedHosts),
    auth: authOf(draft.auth, base?.auth ?? null),
    headers: record(draft.headers),
    check: draft.hasCheck
      ? {
          method: check.method,
          path: check.path,
          query: record(check.query),
          body: check.method === 'POST' ? json('check.body', check.body) : null,
          ok_status: statuses('check.ok_status', check.okStatus),
          rejected_status: statuses('check.rejected_status', check.rejectedStatus),
          ok_path: orNull(check.okPath),
          ok_equals: check.okPath.trim() === '' ? null : orNull(check.okEquals),
          account_path: orNull(check.accountPath),
        }
      : null,
    actions: draft.actions.map((action, index) => ({
      name: actionName(draft.actions, index),
      label: action.label,
      description: action.description,
      method: action.method,
      path: action.path,
      address: orNull(action.address),
      query: record(action.query),
      headers: record(action.headers),
      body: action.method === 'GET' ? null : json(`actions.${index}.body`, action.body),
      inputs: action.inputs.map(({ label, type, isRequired }, at) => ({
        name: itemName(action.inputs, at),
        label,
        type: type as 'text',
        is_required: isRequired,
      })),
      outputs: action.outputs.map(({ label, type, path }, at) => ({
        name: itemName(action.outputs, at),
        label,
        type: type as 'text',
        path,
      })),
      no_result_status: statuses(`actions.${index}.no_result_status`, action.noResultStatus),
      no_result_path: orNull(action.noResultPath),
      is_repeatable: action.isRepeatable,
    })),
  };
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'definition', definition };
}

/** `base`: what only the API can say of the same way to authenticate is kept. */
function authOf(auth: DraftAuth, base: CustomAuth | null): CustomDefinitionInput['auth'] {
  const kept = base?.type === auth.type ? base : {};
  const scopes = words(auth.scopes);
  switch (auth.type) {
    case 'header':
      return {
        type: 'header',
        headers: auth.headers.map(({ name, value, label }) => ({
          name,
          prefix: value,
          label: label || 'API key',
        })),
      };
    case 'query':
      return {
        type: 'query',
        parameters: auth.parameters.map(({ name, value }) => ({ name, label: value || 'API key' })),
      };
    case 'bearer':
      return { type: 'bearer', label: auth.label || 'API key' };
    case 'basic':
      return { ...kept, type: 'basic', is_username_secret: auth.isUsernameSecret };
    case 'oauth2':
      return {
        ...kept,
        type: 'oauth2',
        authorize_url: auth.authorizeUrl,
        token_url: auth.tokenUrl,
        refresh_url: orNull(auth.refreshUrl),
        revoke_url: orNull(auth.revokeUrl),
        scopes,
        pkce: auth.pkce,
        token_auth_method: auth.tokenAuthMethod,
      };
    case 'oauth2_client_credentials':
      return {
        ...kept,
        type: 'oauth2_client_credentials',
        token_url: auth.tokenUrl,
        scopes,
        token_auth_method:
          auth.tokenAuthMethod === 'client_secret_post' ? 'client_secret_post' : 'client_secret_basic',
      };
    case 'service_account':
      return {
        type: 'service_account',
        kind: auth.kind,
        token_url: auth.kind === 'aws_access_key' ? null : orNull(auth.tokenUrl),
        scopes,
        audience: auth.kind === 'jwt_bearer' ? auth.audience : '',
        service: auth.kind === 'aws_access_key' ? auth.service : '',
        region: auth.kind === 'aws_access_key' ? auth.region : '',
      };
    case 'certificate':
      return { type: 'certificate' };
    case 'none':
      return { type: 'none' };
  }
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');
const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());
const record = (list: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(
    list.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );

/** "Find e-mail" → `find_e_mail`; numbered where another has it. */
export function actionName(actions: readonly DraftAction[], index: number): string {
  return itemName(actions, index, 'action');
}

export function itemName(
  items: readonly { name: string; label: string }[],
  index: number,
  fallback = 'value',
): string {
  const item = items[index];
  if (item === undefined) return fallback;
  if (item.name !== '') return item.name;
  const base = snake(item.label) || `${fallback}_${index + 1}`;
  const taken = new Set(
    items.flatMap((other, at) =>
      at < index ? [itemName(items, at, fallback)] : other.name === '' ? [] : [other.name],
    ),
  );
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? base : `${base}_${number}`;
    if (!taken.has(name)) return name;
  }
}

function snake(label: string): string {
  return label
    .normalize('NFKD')
    .toLowerCase()
    .replace(/\p{M}+/gu, '')
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[_0-9]+|_+$/g, '')
    .slice(0, 60);
}
