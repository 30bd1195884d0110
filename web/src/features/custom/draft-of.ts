import type { CustomAction, CustomDefinition } from '@keyrail/contract/custom';
import type { CustomAuth } from '@keyrail/contract/custom-auth';
import { claimOf } from './claim.ts';
import {
  type Draft,
  type DraftAction,
  type DraftAuth,
  emptyDraft,
  newKey,
  newPair,
  type Pair,
} from './draft.ts';

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
        issuer: auth.issuer ?? '',
        isIssuerSent: auth.is_issuer_sent,
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
        jwt: {
          algorithm: auth.algorithm,
          lifetimeSeconds: String(auth.lifetime_seconds),
          issuedBackSeconds: String(auth.issued_back_seconds),
          thumbprint: auth.thumbprint,
          scopeIn: auth.scope_in,
          tokenPath: auth.token_path,
          claims: Object.entries(auth.claims).map(([name, value]) => newPair(name, claimText(value))),
          tokenParams: pairs(auth.token_params),
        },
        aws: {
          hasRole: auth.has_role,
          stsUrl: auth.sts_url ?? '',
          isBodySigned: auth.is_body_signed,
          isPathEscapedTwice: auth.is_path_escaped_twice,
        },
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

/** A text that would be read as a number or truth value stands in quotes. */
function claimText(value: string | number | boolean): string {
  return typeof value === 'string' && claimOf(value) !== value ? JSON.stringify(value) : String(value);
}

const bodyText = (body: unknown): string => (body === null ? '' : JSON.stringify(body, null, 2));
