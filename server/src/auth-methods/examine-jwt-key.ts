import type { KeyObject } from 'node:crypto';
import type { Fact } from '@keyrail/contract/integrations';
import type { SigningMethod } from '../catalog/definition/auth-definition.ts';
import { placesIn } from '../catalog/requests/template.ts';
import { Secret } from '../lib/secret.ts';
import { claimsOf } from './assertion-claims.ts';
import type { CredentialFields } from './authenticator.ts';
import { type Examined, unexamined } from './examine.ts';
import { readPrivateKey } from './files/private-key.ts';
import { fact, keyFacts, keyInWords } from './files/shown-facts.ts';
import { algorithmOf } from './signed-assertion.ts';

export async function examineJwtKey(method: SigningMethod, values: CredentialFields): Promise<Examined> {
  const { private_key: pasted, passphrase, ...others } = values.reveal();
  if (pasted === undefined) return unexamined(values);
  const read = await readPrivateKey(pasted, passphrase);
  if (read.kind === 'problem') {
    const field = read.about === 'passphrase' ? 'passphrase' : 'private_key';
    return { ...unexamined(values), problem: { field, message: read.message } };
  }
  const algorithm = method.assertion.algorithm ?? algorithmOf(read.key);
  if (algorithm === null || !fits(read.key, algorithm)) {
    const message = unfitWords(read.key, algorithm);
    return { ...unexamined(values), problem: { field: 'private_key', message } };
  }
  const kept = new Secret({ ...others, private_key: read.pem.reveal() });
  return {
    ...unexamined(kept),
    title: 'Private key for signed requests of tokens',
    facts: [...saidBy(method, kept), fact('Algorithm', algorithm), ...keyFacts(read.key)],
  };
}

/** Whom a JWT of this key will name, as far as what that is made of has been entered. */
function saidBy(method: SigningMethod, values: CredentialFields): Fact[] {
  const { issuer, subject, keyId, derived } = method.assertion;
  const { payload, header } = claimsOf(method, values, null);
  const entered = values.reveal();
  const isThere = (name: string): boolean => {
    const from = Object.hasOwn(derived, name) ? derived[name]?.from : undefined;
    if (from !== undefined) return placesIn(from).every(isThere);
    return name === 'public_key_sha256' || (entered[name] ?? '') !== '';
  };
  const told = (label: string, template: string | undefined, value: unknown) =>
    template !== undefined && value !== undefined && placesIn(template).every(isThere)
      ? [fact(label, String(value))]
      : [];
  return [
    ...told('Issuer', issuer, payload.iss),
    ...told('Subject', subject, payload.sub),
    ...told('Key ID', keyId, header.kid),
  ];
}

function unfitWords(key: KeyObject, algorithm: string | null): string {
  const [is, signs] = [`This key (${keyInWords(key)})`, algorithm ?? 'an assertion'];
  const isShort = key.asymmetricKeyType === 'rsa' && /^(RS|PS)/.test(signs);
  return isShort
    ? `${is} is too short for ${signs}, which needs an RSA key of 2,048 bits or more. Make a new one (openssl genrsa -out key.pem 2048) and register its public half with the provider.`
    : `${is} cannot sign ${signs}.`;
}

/** RFC 7518 §3.3: RSA keys of 2,048 bits or more; and each curve has its own algorithm. */
function fits(key: KeyObject, algorithm: string): boolean {
  if (/^(RS|PS)/.test(algorithm)) {
    return key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048;
  }
  return algorithmOf(key) === algorithm;
}
