import { createHash, createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import type { GoogleServiceAccountMethod, SigningMethod } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { CredentialFields } from './authenticator.ts';
import { storedGoogleKey } from './files/google-key.ts';
import { fill } from './placement.ts';

/** What is said in a JWT (RFC 7519, RFC 7523 §3), and with what it is signed. */
export interface Claims {
  /** Beside `alg` and `typ`. */
  header: Readonly<Record<string, string>>;
  /** Beside times and `jti`. */
  payload: Readonly<Record<string, string | number | boolean>>;
  /** From `iat` to `exp`. */
  lifetimeSeconds: number;
  /** So long ago it says that it was made. */
  backSeconds: number;
  hasNotBefore: boolean;
  hasId: boolean;
  /** Null: by the key. */
  algorithm: string | null;
  privateKey: string;
}

/** Google takes an hour at most. */
const GOOGLE_LIFETIME_SECONDS = 3_600;

/** Null: what is stored is not what it was when it was checked. */
export function claimsOfGoogle(
  method: Pick<GoogleServiceAccountMethod, 'scopes' | 'scopeSeparator' | 'targetAudience'>,
  fields: CredentialFields,
  tokenUrl: string,
): Claims | null {
  const { key_file: text = '', subject } = fields.reveal();
  const key = storedGoogleKey(text);
  if (key === null) return null;
  const audience = fill(method.targetAudience ?? '', fields);
  return {
    header: given({ kid: key.keyId }),
    // The catalog's address as audience, never the file's own.
    payload: given({
      iss: key.clientEmail,
      aud: tokenUrl,
      sub: subject,
      ...(audience === '' ? { scope: scopeOf(method) } : { target_audience: audience }),
    }),
    lifetimeSeconds: GOOGLE_LIFETIME_SECONDS,
    backSeconds: 0,
    hasNotBefore: false,
    hasId: true,
    algorithm: 'RS256',
    privateKey: key.privateKey,
  };
}

/** `tokenUrl`: whom it is for where the file names nobody else; null: nobody is asked. Throws where what is stored is damaged. */
export function claimsOf(method: SigningMethod, fields: CredentialFields, tokenUrl: string | null): Claims {
  const { assertion } = method;
  const { private_key: privateKey = '', certificate = '' } = fields.reveal();
  const known = new Secret({
    ...fields.reveal(),
    ...derivedFrom(method, fields),
    ...digestOf(method, privateKey),
  });
  const filled = (template: string | undefined) => fill(template ?? '', known);
  const issuer = filled(assertion.issuer);
  const isAssertion = method.kind === 'jwt_bearer' || method.kind === 'client_assertion';
  const isScopeInside = method.kind === 'jwt_bearer' && method.assertion.scopeIn === 'claim';
  return {
    header: given({ kid: filled(assertion.keyId), ...thumbprintOf(assertion.thumbprint, certificate) }),
    payload: given({
      iss: issuer,
      sub: filled(assertion.subject) || (isAssertion ? issuer : ''),
      aud: filled(assertion.audience) || (isAssertion ? tokenUrl : null),
      scope: isScopeInside ? scopeOf(method) : null,
      ...Object.fromEntries(
        Object.entries(assertion.claims).map(([name, value]) => [
          name,
          typeof value === 'string' ? filled(value) : value,
        ]),
      ),
    }),
    lifetimeSeconds: assertion.lifetimeSeconds,
    backSeconds: assertion.issuedBackSeconds,
    hasNotBefore: assertion.notBefore,
    hasId: assertion.hasId,
    algorithm: assertion.algorithm ?? null,
    privateKey,
  };
}

export function scopeOf({
  scopes,
  scopeSeparator,
}: Pick<GoogleServiceAccountMethod, 'scopes' | 'scopeSeparator'>): string | null {
  const names = scopes.filter((scope) => !scope.optional).map((scope) => scope.name);
  return names.length === 0 ? null : names.join(scopeSeparator);
}

/** Without what is not there: an empty claim is none. */
function given<V>(values: Record<string, V | null | undefined>): Record<string, V> {
  const there = Object.entries(values).filter(
    ([, value]) => value !== null && value !== undefined && value !== '',
  );
  return Object.fromEntries(there) as Record<string, V>;
}

/** Patterns of a file are tried on no longer texts than these. */
const LONGEST_DERIVED = 500;

function derivedFrom({ assertion }: SigningMethod, fields: CredentialFields): Record<string, string> {
  const derived = Object.entries(assertion.derived).map(([name, { from, replace, case: written }]) => {
    const entered = fill(from, fields).slice(0, LONGEST_DERIVED);
    const changed = replace.reduce(
      (text, step) => text.replace(new RegExp(step.pattern, 'gu'), step.with).slice(0, LONGEST_DERIVED),
      entered,
    );
    return [name, IN_CASE[written](changed)] as const;
  });
  return Object.fromEntries(derived);
}

const IN_CASE = {
  as_is: (text: string) => text,
  upper: (text: string) => text.toUpperCase(),
  lower: (text: string) => text.toLowerCase(),
};

function digestOf({ assertion }: SigningMethod, privateKey: string): Record<string, string> {
  if (!JSON.stringify(assertion).includes('{public_key_sha256}')) return {};
  const spki = createPublicKey(createPrivateKey(privateKey)).export({ type: 'spki', format: 'der' });
  return { public_key_sha256: createHash('sha256').update(spki).digest('base64') };
}

/** RFC 7515 §4.1.7 and §4.1.8: the digest of the certificate itself. The first one is that of the key. */
function thumbprintOf(kind: 'none' | 'sha256' | 'sha1', certificate: string): Record<string, string> {
  if (kind === 'none' || certificate === '') return {};
  const digest = createHash(kind).update(new X509Certificate(certificate).raw).digest('base64url');
  return kind === 'sha256' ? { 'x5t#S256': digest } : { x5t: digest };
}
