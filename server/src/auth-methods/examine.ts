import type { Fact } from '@keyrail/contract/integrations';
import type { AuthMethod } from '../catalog/auth-definition.ts';
import type { CredentialFields } from './authenticator.ts';
import { examineAwsKey } from './examine-aws-key.ts';
import { examineCertificate } from './examine-certificate.ts';
import { examineGoogleKey } from './examine-google-key.ts';
import { examineJwtKey } from './examine-jwt-key.ts';

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
export async function examine(method: AuthMethod, values: CredentialFields, now: Date): Promise<Examined> {
  if (method.type === 'certificate') return examineCertificate(values, now);
  if (method.type !== 'service_account') return unexamined(values);
  switch (method.kind) {
    case 'google_service_account':
      return examineGoogleKey(method, values);
    case 'aws_access_key':
      return examineAwsKey(values);
    case 'client_assertion':
    case 'self_signed':
    case 'jwt_exchange':
    case 'jwt_bearer':
      return examineJwtKey(method, values);
  }
}

export function unexamined(values: CredentialFields): Examined {
  return { title: null, facts: [], expiresAt: null, warnings: [], problem: null, values };
}
