import type { Fact } from '@keyrail/contract/integrations';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { CredentialFields } from './authenticator.ts';
import { examineAwsKey } from './examine-aws-key.ts';
import { examineCertificate } from './examine-certificate.ts';
import { examineClientAssertion } from './examine-client-assertion.ts';
import { examineGoogleKey } from './examine-google-key.ts';
import { examineJwtKey } from './examine-jwt-key.ts';
import { readAuthorities } from './files/authorities.ts';
import { unpacked } from './files/unpacked.ts';

/** What entered credentials are, before anybody is asked about them. The page and the save see the same. */
export interface Examined {
  /** "Google service account key"; null: there is nothing to say. */
  title: string | null;
  /** Never secret. */
  facts: Fact[];
  /** When the credential itself ends, where it says so. */
  expiresAt: Date | null;
  warnings: string[];
  /** Why it cannot be saved. `reason`: a word for machines, where one is needed. */
  problem: FileProblem | null;
  /** What is to be stored instead of what was entered: put in order, opened. */
  values: CredentialFields;
  /** Fields that need not be filled in, since the file of another one has them in it: the private key of a PKCS#12 file. */
  brings: string[];
}

export interface FileProblem {
  field: string;
  message: string;
  reason?: string;
}

/**
 * Looks at what was entered for a method. Fields that are not there yet are no problem here: whoever saves asks for them.
 * `tokenUrl`: where assertions go, with connection fields filled in.
 */
export async function examine(
  method: AuthMethod,
  values: CredentialFields,
  now: Date,
  allowed: Allowed = { ended: false },
): Promise<Examined> {
  return withAuthority(await examineFields(method, values, now, allowed), now);
}

/** What a person has decided to accept. */
export interface Allowed {
  /** A certificate that is over. */
  ended: boolean;
}

/** The authority of the server may be entered with whatever it is that one shows to it. */
function withAuthority(found: Examined, now: Date): Examined {
  const { authority, ...others } = found.values.reveal();
  if (found.problem !== null || authority === undefined) return found;
  const read = readAuthorities(authority, now);
  if (read.kind === 'problem') return { ...found, problem: problemAt('authority', read) };
  return {
    ...found,
    title: found.title ?? 'Certificate of an authority',
    facts: [...found.facts, ...read.facts],
    warnings: [...found.warnings, ...read.warnings],
    values: new Secret({ ...others, authority: read.pem }),
  };
}

async function examineFields(
  method: AuthMethod,
  values: CredentialFields,
  now: Date,
  allowed: Allowed,
): Promise<Examined> {
  const names = 'fields' in method ? method.fields.map((field) => field.name) : [];
  if (!names.includes('private_key')) return examineApart(method, values, now, allowed);
  const { certificate, private_key, passphrase, ...others } = values.reveal();
  const found = await unpacked(
    { certificate, private_key, passphrase },
    { certificate: names.includes('certificate') },
  );
  const { brings } = found;
  if (found.kind === 'problem') {
    return { ...unexamined(values), problem: { field: found.field, message: found.message }, brings };
  }
  const pair = Object.entries(found.pair).filter(
    ([name, value]) => names.includes(name) && value !== undefined,
  );
  const apart = new Secret({ ...others, ...Object.fromEntries(pair) });
  return { ...(await examineApart(method, apart, now, allowed)), brings };
}

/** The same where each field holds what it is for. */
async function examineApart(
  method: AuthMethod,
  values: CredentialFields,
  now: Date,
  allowed: Allowed,
): Promise<Examined> {
  if (method.type === 'certificate') return examineCertificate(values, now, allowed);
  if (method.type !== 'service_account') return unexamined(values);
  switch (method.kind) {
    case 'google_service_account':
      return examineGoogleKey(method, values);
    case 'aws_access_key':
      return examineAwsKey(values);
    case 'client_assertion':
      return examineClientAssertion(method, values, now, allowed);
    case 'self_signed':
    case 'jwt_exchange':
    case 'jwt_bearer':
      return examineJwtKey(method, values);
  }
}

export function unexamined(values: CredentialFields): Examined {
  return { title: null, facts: [], expiresAt: null, warnings: [], problem: null, values, brings: [] };
}

export function problemAt(
  field: string,
  { message, reason }: { message: string; reason?: string },
): FileProblem {
  return { field, message, ...(reason === undefined ? {} : { reason }) };
}
