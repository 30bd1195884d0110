import type { CredentialFields } from './authenticator.ts';
import { type Examined, unexamined } from './examine.ts';
import { fact } from './files/shown-facts.ts';

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids */
const KEY_ID = /^(AKIA|ASIA)[A-Z0-9]{12,124}$/;

export function examineAwsKey(values: CredentialFields): Examined {
  const {
    access_key_id: id,
    secret_access_key: secret,
    session_token: token,
    region,
    role_arn: role,
  } = values.reveal();
  if (id === undefined) return unexamined(values);
  const problem = problemOf(id, secret, token);
  if (problem !== null) return { ...unexamined(values), problem };
  const isTemporary = id.startsWith('ASIA');
  return {
    ...unexamined(values),
    title: isTemporary ? 'AWS temporary access key' : 'AWS access key',
    facts: [
      fact('Access key ID', id),
      ...(region === undefined ? [] : [fact('Region', region)]),
      ...(role === undefined ? [] : [fact('Role', role)]),
    ],
    warnings: isTemporary ? ['Temporary keys end within hours; then new ones have to be entered.'] : [],
  };
}

function problemOf(id: string, secret: string | undefined, token: string | undefined): Examined['problem'] {
  if (secret !== undefined && KEY_ID.test(secret)) {
    const message = 'This is an access key ID, not a secret access key. The two may have been swapped.';
    return { field: 'secret_access_key', message };
  }
  if (!KEY_ID.test(id)) {
    const message = /^[A-Z]{4}[A-Z0-9]{12,}$/.test(id)
      ? `This ID starts with ${id.slice(0, 4)}; that of an access key starts with AKIA or ASIA.`
      : 'This is not an access key ID; it starts with AKIA, or ASIA for temporary keys.';
    return { field: 'access_key_id', message };
  }
  if (id.startsWith('ASIA') && secret !== undefined && token === undefined) {
    return {
      field: 'session_token',
      message: 'A temporary key (ASIA…) needs its session token as well.',
    };
  }
  return null;
}
