import type { GoogleServiceAccountMethod } from '../catalog/definition/auth-definition.ts';
import { Secret } from '../lib/secret.ts';
import type { CredentialFields } from './authenticator.ts';
import { type Examined, unexamined } from './examine.ts';
import { readGoogleKey } from './files/google-key.ts';
import { fact } from './files/shown-facts.ts';

export async function examineGoogleKey(
  method: Pick<GoogleServiceAccountMethod, 'tokenUrl'>,
  values: CredentialFields,
): Promise<Examined> {
  const entered = values.reveal();
  if (entered.key_file === undefined) return unexamined(values);
  const read = await readGoogleKey(entered.key_file, method.tokenUrl);
  if (read.kind === 'problem') {
    return { ...unexamined(values), problem: { field: 'key_file', message: read.message } };
  }
  const { projectId, clientEmail, keyId } = read.file;
  return {
    ...unexamined(new Secret({ ...entered, key_file: read.text })),
    title: 'Google service account key',
    facts: [
      fact('Project', projectId ?? ''),
      fact('Client e-mail', clientEmail),
      fact('Key ID', keyId ?? ''),
      fact('Acts for', entered.subject ?? ''),
    ].filter((one) => one.value !== ''),
  };
}
