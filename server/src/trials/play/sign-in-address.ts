import { createHash } from 'node:crypto';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import { authorizationUrl } from '../../oauth/authorization-url.ts';
import { readAnswer } from '../../oauth/callback.ts';
import { callbackMismatch } from '../../oauth/callback-match.ts';
import { noUpstreams } from '../../outbound/upstreams.ts';
import { scopeAsked } from '../stand-in/token-misfits.ts';
import type { Values } from '../trial.ts';
import {
  CALLBACK,
  CLIENT_ID,
  CLIENT_SECRET,
  CODE,
  type SignInTrial,
  STATE,
  VERIFIER,
} from './sign-in-trial.ts';

/** The address a person opens, and what comes back with them. */
export function openedAndBack(
  { definition, described, method, madeUp, found, path }: SignInTrial,
  fields: Values,
): URLSearchParams | null {
  const parts = {
    definition,
    method,
    upstreams: noUpstreams,
    clientId: CLIENT_ID,
    redirectUri: CALLBACK,
    state: STATE,
    verifier: method.pkce ? VERIFIER : null,
    fields,
    optionalScopes: [],
  };
  let address: string;
  try {
    address = authorizationUrl(parts);
  } catch (error) {
    found.add(
      [...path, 'authorize_url'],
      `The address to sign in at cannot be made: ${error instanceof Error ? error.message : error}`,
    );
    return null;
  }
  const wrong = addressMisfit(address, method, fields);
  if (wrong !== null) found.add([...path, 'authorize_url'], `The address to sign in at: ${wrong}.`);
  const query = new URLSearchParams({ code: CODE, state: STATE });
  for (const [name, template] of Object.entries(method.callbackMatch))
    query.set(name, filledAddress(described, template, fields) ?? '');
  if (method.issuer !== undefined) query.set('iss', method.issuer);
  for (const { name, filledFrom } of described.connectionFields) {
    const value = madeUp.told[name];
    if (filledFrom?.source === 'callback_query' && value !== undefined) query.set(filledFrom.path, value);
  }
  const mismatch = callbackMismatch(definition, method, fields, query);
  const answer = mismatch ?? readAnswer(definition, method, query, (text) => text);
  if (answer.kind === 'code') return query;
  found.add(path, `What comes back from the sign-in is not taken: ${answer.message}`);
  return null;
}

function addressMisfit(address: string, method: OAuth2Method, fields: Values): string | null {
  const url = new URL(address);
  const query = new URLSearchParams(
    /^#!?\/[^?]*\?/.test(url.hash) ? url.hash.slice(url.hash.indexOf('?') + 1) : url.search,
  );
  const wanted: Record<string, string> = {
    ...method.authorizeParams,
    response_type: 'code',
    [method.clientIdParam]: CLIENT_ID,
    redirect_uri: CALLBACK,
    state: STATE,
    ...(method.pkce && {
      code_challenge_method: 'S256',
      code_challenge: createHash('sha256').update(VERIFIER).digest(method.pkceDigest),
    }),
    ...scopeAsked(method, fields),
  };
  const wrong = Object.entries(wanted).find(([name, value]) => query.get(name) !== value);
  if (wrong !== undefined) return `the parameter ${wrong[0]} is not as described`;
  return address.includes(CLIENT_SECRET) ? 'a secret stands in it' : null;
}
