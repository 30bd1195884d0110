import type { CustomAction } from '@keyrail/contract/custom';
import type { CustomAuth } from '@keyrail/contract/custom-auth';

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
  issuer: string;
  /** A callback that does not say the issuer is refused. */
  isIssuerSent: boolean;
  scopes: string;
  pkce: boolean;
  tokenAuthMethod: 'client_secret_post' | 'client_secret_basic' | 'none';
  kind: Extract<CustomAuth, { type: 'service_account' }>['kind'];
  audience: string;
  service: string;
  region: string;
  jwt: DraftJwt;
  aws: { hasRole: boolean; stsUrl: string; isBodySigned: boolean; isPathEscapedTwice: boolean };
}

type ServiceAccount = Extract<CustomAuth, { type: 'service_account' }>;

/** What a signed JWT says and how, and what comes back for it; numbers as they were typed. */
export interface DraftJwt {
  algorithm: ServiceAccount['algorithm'];
  lifetimeSeconds: string;
  issuedBackSeconds: string;
  thumbprint: ServiceAccount['thumbprint'];
  scopeIn: ServiceAccount['scope_in'];
  tokenPath: string;
  claims: Pair[];
  tokenParams: Pair[];
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

export const newInput = (): DraftInput => ({
  key: newKey(),
  name: '',
  label: '',
  type: 'text',
  isRequired: true,
});

export const newOutput = (): DraftOutput => ({ key: newKey(), name: '', label: '', type: 'text', path: '' });

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
    outputs: [newOutput()],
    noResultStatus: '404',
    noResultPath: '',
    isRepeatable: true,
  };
}

/** Each by its name, for those who hear it. */
export const iconColors = [
  { value: '#5b5bd6', name: 'Indigo' },
  { value: '#0f766e', name: 'Teal' },
  { value: '#b45309', name: 'Amber' },
  { value: '#be123c', name: 'Red' },
  { value: '#1d4ed8', name: 'Blue' },
  { value: '#7e22ce', name: 'Purple' },
  { value: '#15803d', name: 'Green' },
  { value: '#3f3f46', name: 'Grey' },
];

export const firstColor = iconColors[0]?.value ?? '#5b5bd6';

export function emptyDraft(name: string): Draft {
  return {
    name,
    description: '',
    iconText: '',
    iconColor: firstColor,
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
      issuer: '',
      isIssuerSent: false,
      scopes: '',
      pkce: true,
      tokenAuthMethod: 'client_secret_post',
      kind: 'jwt_bearer',
      audience: '',
      service: '',
      region: '',
      jwt: {
        algorithm: null,
        lifetimeSeconds: '300',
        issuedBackSeconds: '0',
        thumbprint: 'none',
        scopeIn: 'parameter',
        tokenPath: '',
        claims: [],
        tokenParams: [],
      },
      aws: { hasRole: false, stsUrl: '', isBodySigned: true, isPathEscapedTwice: true },
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
