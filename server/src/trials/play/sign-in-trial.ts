import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { Secret } from '../../lib/secret.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import { jsonAnswer } from '../cases/made-answer.ts';
import type { MadeUp } from '../entered.ts';
import type { Expected } from '../stand-in/stand-in.ts';
import { type TokenRequest, tokenMisfit } from '../stand-in/token-misfits.ts';
import type { Findings, Trial, Values } from '../trial.ts';

/** A trial of a method that people sign in with. */
export interface SignInTrial extends Trial {
  method: OAuth2Method;
  madeUp: MadeUp;
  found: Findings;
}

export const CLIENT_ID = 'example-client-0001';
export const CLIENT_SECRET = 'fake-client-secret-0001';
export const CODE = 'fake-code-0001';
export const STATE = 'fake-state-0001';
export const VERIFIER = 'fake-verifier-of-at-least-forty-three-characters';
export const CALLBACK = 'https://keyrail.example/oauth/callback/trial';

/** The app that is signed in with. */
export function clientOf({ tokenAuthMethod }: Pick<OAuth2Method, 'tokenAuthMethod'>) {
  return { id: CLIENT_ID, secret: tokenAuthMethod === 'none' ? null : new Secret(CLIENT_SECRET) };
}

/** What must arrive at a token endpoint; null: its address cannot be made of these fields. */
export function tokenRequest(
  { described, method: ours, describedMethod }: SignInTrial,
  fields: Values,
  address: string,
  parameters: Values,
  more: Partial<TokenRequest> = {},
): Expected | null {
  const method = describedMethod.type === 'oauth2' ? describedMethod : ours;
  const url = filledAddress(described, address, fields);
  if (url === null) return null;
  const client = { id: CLIENT_ID, secret: CLIENT_SECRET };
  const secrets = [CLIENT_SECRET, CODE, VERIFIER, ...(more.secrets ?? [])];
  const misfit = tokenMisfit({ method, url, httpMethod: 'POST', parameters, client, ...more, secrets });
  return { what: 'the request for a token', misfit, answer: jsonAnswer(200, {}) };
}
