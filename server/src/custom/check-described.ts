import type { CustomAction, CustomDefinition } from '@keyrail/contract/custom';
import type { FieldProblem } from '@keyrail/contract/errors';
import { headerNameProblem, headerValueProblem } from '../outbound/headers.ts';
import { type CustomServiceAccount, NEEDS_TOKEN_URL, SIGNS_JWT } from './service-account-of.ts';

/** Headers that carry credentials at many: entered here they would stand unencrypted, for all to read. */
const CREDENTIAL_HEADERS =
  /^(authorization|cookie|set-cookie|www-authenticate|(x-)?api-?key|(x-)?api-?token|(x-)?(auth|access|session|secret)-?(token|key)|x-auth|x-.*-(api-?key|token|secret)|apikey|api-secret)$/i;

/** What the shape alone cannot say of a description, in the words of its form. */
export function checkDescribed(described: CustomDefinition): FieldProblem[] {
  const own = ownHeaders(described);
  return [
    ...iconProblems(described),
    ...pathProblems('check.path', described.check?.path ?? ''),
    ...own.flatMap((name, index) => nameProblems(`auth.headers.${index}.name`, name)),
    ...prefixProblems(described),
    ...headerProblems('headers', described.headers, own),
    ...requirements(described),
    ...parameterProblems(described.auth),
    ...described.actions.flatMap((action, index) => actionProblems(described, action, index, own)),
    ...twice(described.actions),
  ];
}

/** Two slashes at its beginning are how another host is written. */
function pathProblems(at: string, path: string): FieldProblem[] {
  return path.startsWith('//') ? [problem(at, 'The path must start with one slash.')] : [];
}

/** The headers that carry this integration's own secret, where it is in headers that were named. */
function ownHeaders({ auth }: CustomDefinition): string[] {
  return auth.type === 'header' ? auth.headers.map(({ name }) => name) : [];
}

function iconProblems({ icon }: CustomDefinition): FieldProblem[] {
  if (icon === null) return [];
  const letters = [...new Intl.Segmenter('en').segment(icon.text)].length;
  return letters <= 2 ? [] : [problem('icon.text', 'Write one or two letters, or one emoji.')];
}

function nameProblems(path: string, name: string): FieldProblem[] {
  const wrong = headerNameProblem(name);
  return wrong === null ? [] : [problem(path, `“${name.slice(0, 60)}” ${wrong}.`)];
}

function prefixProblems({ auth }: CustomDefinition): FieldProblem[] {
  if (auth.type !== 'header') return [];
  const names = auth.headers.map(({ name }) => name.toLowerCase());
  return auth.headers.flatMap(({ prefix }, index) => {
    const path = `auth.headers.${index}`;
    const isTwice = names.indexOf(names[index] ?? '') < index;
    const wrong = /[{}]/.test(prefix) || headerValueProblem(`${prefix.trimStart()}x`) !== null;
    return [
      ...(isTwice ? [problem(`${path}.name`, 'This header is there twice.')] : []),
      ...(wrong ? [problem(`${path}.prefix`, 'has characters that cannot stand there.')] : []),
    ];
  });
}

/** Extra headers say how requests are made ("X-Version: 2"), and carry no secret. */
function headerProblems(
  at: string,
  headers: Readonly<Record<string, string>>,
  own: readonly string[],
): FieldProblem[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    const path = `${at}.${name}`;
    const names = nameProblems(path, name);
    if (names.length > 0) return names;
    const isSecret =
      CREDENTIAL_HEADERS.test(name) || own.some((one) => one.toLowerCase() === name.toLowerCase());
    if (isSecret)
      return [
        problem(path, `“${name}” carries credentials. They are entered under authentication, encrypted.`),
      ];
    const wrong = headerValueProblem(value);
    return wrong === null ? [] : [problem(path, `The value of “${name}” ${wrong}.`)];
  });
}

function requirements({ auth }: CustomDefinition): FieldProblem[] {
  if (auth.type === 'oauth2') return issuerProblems(auth.issuer, auth.is_issuer_sent);
  return auth.type === 'service_account' ? accountProblems(auth) : [];
}

/** Set by Keyrail itself, whatever is described. */
const OWN_CLAIMS = new Set(['iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti']);

function accountProblems(auth: CustomServiceAccount): FieldProblem[] {
  const isAws = auth.kind === 'aws_access_key';
  return [
    ...(NEEDS_TOKEN_URL.has(auth.kind) && auth.token_url === null
      ? [problem('auth.token_url', 'The token address is missing.')]
      : []),
    ...(SIGNS_JWT.has(auth.kind) ? Object.keys(auth.claims) : [])
      .filter((name) => OWN_CLAIMS.has(name))
      .map((name) => problem(`auth.claims.${name}`, `“${name}” is set by Keyrail itself.`)),
    ...(['service', 'region'] as const)
      .filter((name) => isAws && !/^[a-z0-9-]+$/i.test(auth[name]))
      .map((name) =>
        problem(
          `auth.${name}`,
          auth[name] === '' ? `The ${name} is missing.` : `The ${name} has letters, digits and hyphens only.`,
        ),
      ),
  ];
}

/** It is compared as text, so it stays as it was entered. */
function issuerProblems(issuer: string | null, isSent: boolean): FieldProblem[] {
  if (issuer === null)
    return isSent ? [problem('auth.issuer', 'Enter the issuer that the server always sends.')] : [];
  return /^https?:\/\/[^\s\\?#@]+$/.test(issuer) && URL.canParse(issuer)
    ? []
    : [problem('auth.issuer', 'An issuer is an address that starts with https://, without parameters.')];
}

/** What a sign-in and a request for a token are made of: another value would send codes elsewhere, or a secret in the open. */
const PROTOCOL = new Set(
  `response_type response_mode client_id redirect_uri scope state code_challenge code_challenge_method request request_uri
   client_secret client_assertion client_assertion_type grant_type code code_verifier refresh_token assertion`.split(
    /\s+/,
  ),
);
/** Here it is what some want to be told once more. */
const MAY_BE_SENT_WITH_TOKENS = new Set(['scope']);

function parameterProblems(auth: CustomDefinition['auth']): FieldProblem[] {
  const problems = (at: string, given: Readonly<Record<string, string>>, free: ReadonlySet<string>) =>
    Object.keys(given)
      .filter((name) => PROTOCOL.has(name.trim().toLowerCase()) && !free.has(name))
      .map((name) => problem(`auth.${at}.${name}`, `“${name}” is set by Keyrail itself.`));
  const asked = 'authorize_url' in auth ? parametersIn(auth.authorize_url) : [];
  return [
    ...asked
      .filter((name) => PROTOCOL.has(name.trim().toLowerCase()))
      .map((name) => problem('auth.authorize_url', `The parameter “${name}” is set by Keyrail itself.`)),
    ...('authorize_params' in auth ? problems('authorize_params', auth.authorize_params, new Set()) : []),
    ...('token_params' in auth ? problems('token_params', auth.token_params, MAY_BE_SENT_WITH_TOKENS) : []),
  ];
}

/** Those behind the question mark, and those of a page in the fragment. */
function parametersIn(address: string): string[] {
  const queries = address.split('#').map((part) => part.split('?').slice(1).join('?'));
  return queries.flatMap((query) => [...new URLSearchParams(query).keys()]);
}

function actionProblems(
  described: CustomDefinition,
  action: CustomAction,
  index: number,
  own: readonly string[],
): FieldProblem[] {
  const at = `actions.${index}`;
  return [
    ...pathProblems(`${at}.path`, action.path),
    ...headerProblems(`${at}.headers`, action.headers, own),
    ...addressProblems(described, action, at),
  ];
}

/** An action may go to another address only where the credential may: on the base's own host, not to another path than its. */
function addressProblems(
  { base_url: base, allowed_hosts: hosts }: CustomDefinition,
  { address }: CustomAction,
  at: string,
): FieldProblem[] {
  if (address === null) return [];
  const origin = URL.parse(address)?.origin;
  const allowed = hosts.map((one) => URL.parse(one)?.origin);
  return (origin !== undefined && allowed.includes(origin)) || isUnder(base, address)
    ? []
    : [problem(`${at}.address`, 'The credential may not go there. Add it to the allowed hosts first.')];
}

/** Where many share a host, its paths are what tells their places apart. */
function isUnder(base: string, address: string): boolean {
  const [root, url] = [URL.parse(base), URL.parse(address)];
  if (root === null || url === null || url.origin !== root.origin) return false;
  const path = root.pathname.replace(/\/+$/, '');
  return url.pathname === path || url.pathname.startsWith(`${path}/`);
}

function twice(actions: readonly CustomAction[]): FieldProblem[] {
  return actions.flatMap(({ name }, index) =>
    actions.findIndex((other) => other.name === name) < index
      ? [problem(`actions.${index}.name`, `An action is called “${name}” already.`)]
      : [],
  );
}

function problem(path: string, message: string): FieldProblem {
  return { path, message };
}
