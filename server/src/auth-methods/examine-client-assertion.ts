import type { Fact } from '@keyrail/contract/integrations';
import type { ClientAssertionMethod } from '../catalog/auth-definition.ts';
import type { CredentialFields } from './authenticator.ts';
import type { Allowed, Examined } from './examine.ts';
import { examineCertificate } from './examine-certificate.ts';
import { examineJwtKey } from './examine-jwt-key.ts';

/** A key that stands for a client's secret, and the certificate by which it is known, where there is one: they belong together. */
export async function examineClientAssertion(
  method: ClientAssertionMethod,
  values: CredentialFields,
  now: Date,
  allowed: Allowed,
): Promise<Examined> {
  const key = await examineJwtKey(method, values);
  if (key.problem !== null || values.reveal().certificate === undefined) return key;
  const pair = await examineCertificate(values, now, allowed);
  const facts = [...key.facts, ...pair.facts.flatMap(besideThoseOfTheKey)];
  return { ...pair, title: pair.title && 'Certificate of an app', facts };
}

/** A JWT has a subject, too; and the key is the same. */
function besideThoseOfTheKey({ label, value }: Fact): Fact[] {
  if (label === 'Key') return [];
  return [{ label: label === 'Subject' ? 'Certificate subject' : label, value }];
}
