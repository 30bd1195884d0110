import type { KeyObject } from 'node:crypto';
import type { SigningMethod } from '../catalog/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { CredentialFields } from './authenticator.ts';
import { type Examined, unexamined } from './examine.ts';
import { readPrivateKey } from './files/private-key.ts';
import { fact, keyFacts, keyInWords } from './files/shown-facts.ts';
import { fill } from './placement.ts';
import { algorithmOf } from './signed-assertion.ts';

export async function examineJwtKey(
  { assertion }: Pick<SigningMethod, 'assertion'>,
  values: CredentialFields,
): Promise<Examined> {
  const { private_key: pasted, passphrase, ...others } = values.reveal();
  if (pasted === undefined) return unexamined(values);
  const read = await readPrivateKey(pasted, passphrase);
  if (read.kind === 'problem') {
    const field = read.about === 'passphrase' ? 'passphrase' : 'private_key';
    return { ...unexamined(values), problem: { field, message: read.message } };
  }
  const algorithm = assertion.algorithm ?? algorithmOf(read.key);
  if (algorithm === null || !fits(read.key, algorithm)) {
    const message = unfitWords(read.key, algorithm);
    return { ...unexamined(values), problem: { field: 'private_key', message } };
  }
  const [issuer, subject] = [assertion.issuer ?? '', assertion.subject ?? ''].map((one) => fill(one, values));
  return {
    ...unexamined(new Secret({ ...others, private_key: read.pem.reveal() })),
    title: 'Private key for signed requests of tokens',
    facts: [
      fact('Issuer', issuer ?? ''),
      fact('Subject', subject ?? ''),
      fact('Algorithm', algorithm),
      ...keyFacts(read.key),
    ].filter((one) => one.value !== ''),
  };
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
