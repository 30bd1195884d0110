import type { CustomDefinition, CustomDefinitionInput } from '@keyrail/contract/custom';
import type { CustomAuth } from '@keyrail/contract/custom-auth';
import { claimOf } from './claim.ts';
import { type Draft, type DraftAction, type DraftAuth, firstColor, type Pair } from './draft.ts';
import { actionName, itemName } from './item-name.ts';

interface Problem {
  path: string;
  message: string;
}

/** The description to send, or what cannot be sent, by the place in it. */
export type Written =
  | { kind: 'definition'; definition: CustomDefinitionInput }
  | { kind: 'problems'; problems: Problem[] };

/** Only what the server could not even read is found here; the rest is its to judge. */
export function written(draft: Draft, base: CustomDefinition | null): Written {
  const reader = newReader();
  const definition: CustomDefinitionInput = {
    name: draft.name,
    description: draft.description,
    icon: iconOf(draft),
    base_url: draft.baseUrl,
    allowed_hosts: words(draft.allowedHosts),
    auth: authOf(draft.auth, base?.auth ?? null, reader),
    headers: record(draft.headers),
    check: draft.hasCheck ? checkOf(draft.check, reader) : null,
    actions: draft.actions.map((action, index) => ({
      name: actionName(draft.actions, index),
      ...actionOf(action, `actions.${index}`, reader),
    })),
  };
  const { problems } = reader;
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'definition', definition };
}

type Json = NonNullable<CustomDefinitionInput['check']>['body'];

/** Reads texts that mean more than themselves, and notes those that do not. */
interface Reader {
  problems: Problem[];
  json(path: string, text: string): Json;
  statuses(path: string, text: string): number[];
  seconds(path: string, text: string): number;
}

function newReader(): Reader {
  const problems: Problem[] = [];
  return {
    problems,
    json(path, text) {
      if (text.trim() === '') return null;
      try {
        return JSON.parse(text);
      } catch {
        problems.push({ path, message: 'This is no JSON. Texts and {places} stand in double quotes.' });
        return null;
      }
    },
    seconds(path, text) {
      if (!/^\d{1,6}$/.test(text.trim()))
        problems.push({ path, message: 'Enter a whole number of seconds.' });
      return Number(text.trim());
    },
    statuses: (path, text) =>
      words(text).map((word) => {
        if (!/^[1-5]\d\d$/.test(word))
          problems.push({ path, message: `“${word}” is no status such as 200.` });
        return Number(word);
      }),
  };
}

/** Null where nothing was chosen: the server makes one of the name. */
function iconOf({ iconText, iconColor, name }: Draft): CustomDefinitionInput['icon'] {
  const text = iconText.trim();
  if (text === '' && iconColor === firstColor) return null;
  return { text: text || name.trim().charAt(0) || '?', color: iconColor };
}

function checkOf(check: Draft['check'], reader: Reader): CustomDefinitionInput['check'] {
  return {
    method: check.method,
    path: check.path,
    query: record(check.query),
    body: check.method === 'POST' ? reader.json('check.body', check.body) : null,
    ok_status: reader.statuses('check.ok_status', check.okStatus),
    rejected_status: reader.statuses('check.rejected_status', check.rejectedStatus),
    ok_path: orNull(check.okPath),
    ok_equals: check.okPath.trim() === '' ? null : orNull(check.okEquals),
    account_path: orNull(check.accountPath),
  };
}

/** Without its name, which depends on those of the others. */
function actionOf(action: DraftAction, at: string, reader: Reader) {
  const { inputs, outputs } = action;
  return {
    label: action.label,
    description: action.description,
    method: action.method,
    path: action.path,
    address: orNull(action.address),
    query: record(action.query),
    headers: record(action.headers),
    body: action.method === 'GET' ? null : reader.json(`${at}.body`, action.body),
    inputs: inputs.map(({ label, type, isRequired }, index) => ({
      name: itemName(inputs, index),
      label,
      type: type as 'text',
      is_required: isRequired,
    })),
    outputs: outputs.map(({ label, type, path }, index) => ({
      name: itemName(outputs, index),
      label,
      type: type as 'text',
      path,
    })),
    no_result_status: reader.statuses(`${at}.no_result_status`, action.noResultStatus),
    no_result_path: orNull(action.noResultPath),
    is_repeatable: action.isRepeatable,
  };
}

/** `base`: what only the API can say of the same way to authenticate is kept. */
function authOf(auth: DraftAuth, base: CustomAuth | null, reader: Reader): CustomDefinitionInput['auth'] {
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
        issuer: orNull(auth.issuer),
        is_issuer_sent: auth.isIssuerSent && auth.issuer.trim() !== '',
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
      return serviceAccountOf(auth, reader);
    case 'certificate':
      return { type: 'certificate' };
    case 'none':
      return { type: 'none' };
  }
}

/** Of each kind only what belongs to it. */
function serviceAccountOf(auth: DraftAuth, reader: Reader): CustomDefinitionInput['auth'] {
  const { kind, jwt, aws } = auth;
  const start = { type: 'service_account', kind } as const;
  if (kind === 'aws_access_key') {
    return {
      ...start,
      service: auth.service,
      region: auth.region,
      is_body_signed: aws.isBodySigned,
      is_path_escaped_twice: aws.isPathEscapedTwice,
      has_role: aws.hasRole,
      sts_url: aws.hasRole ? orNull(aws.stsUrl) : null,
    };
  }
  if (kind === 'google_service_account') {
    return {
      ...start,
      token_url: orNull(auth.tokenUrl),
      scopes: words(auth.scopes),
      audience: auth.audience,
    };
  }
  const signed = {
    ...start,
    audience: auth.audience,
    algorithm: jwt.algorithm,
    lifetime_seconds: reader.seconds('auth.lifetime_seconds', jwt.lifetimeSeconds),
    issued_back_seconds: reader.seconds('auth.issued_back_seconds', jwt.issuedBackSeconds),
    thumbprint: jwt.thumbprint,
    claims: Object.fromEntries(
      Object.entries(record(jwt.claims)).map(([name, value]) => [name, claimOf(value)]),
    ),
  };
  if (kind === 'self_signed') return signed;
  return {
    ...signed,
    token_url: orNull(auth.tokenUrl),
    scopes: words(auth.scopes),
    scope_in: kind === 'jwt_bearer' ? jwt.scopeIn : 'parameter',
    token_params: record(jwt.tokenParams),
    token_path: jwt.tokenPath.trim(),
  };
}

const words = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');
const orNull = (text: string): string | null => (text.trim() === '' ? null : text.trim());
const record = (list: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(
    list.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]),
  );
