import { X509Certificate } from 'node:crypto';
import type { Fact } from '@keyrail/contract/integrations';
import type { ClientAssertionMethod } from '../catalog/definition/auth-definition.ts';
import type { CredentialFields } from './authenticator.ts';
import type { Allowed, Examined } from './examine.ts';
import { examineCertificate } from './examine-certificate.ts';
import { examineJwtKey } from './examine-jwt-key.ts';
import { useWarnings } from './files/certificate-use.ts';

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
  // Of a pair that does not fit, only the key is told.
  if (pair.problem !== null) return { ...pair, facts: key.facts };
  const facts = [...pair.facts.flatMap(besideThoseOfTheKey), ...key.facts];
  return { ...pair, title: pair.title && 'Certificate of an app', facts, warnings: withoutUses(pair) };
}

/** What servers want of those who connect by TLS is no concern here: an app's certificate is signed by itself as a rule. */
function withoutUses({ warnings, values }: Examined): string[] {
  const uses = useWarnings(new X509Certificate(values.reveal().certificate ?? ''));
  return warnings.filter((warning) => !uses.includes(warning));
}

/** A JWT has a subject, too; and the key is the same. */
function besideThoseOfTheKey({ label, value }: Fact): Fact[] {
  if (label === 'Key') return [];
  return [{ label: label === 'Subject' ? 'Certificate subject' : label, value }];
}
