import type { FieldProblem } from '@keyrail/contract/errors';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { AppError } from '../../lib/app-error.ts';
import { Secret } from '../../lib/secret.ts';
import type { WorkspaceApp } from './app.ts';

interface Entered {
  clientId: string;
  clientSecret: string | undefined;
}

/** `keep`: the stored secret stays as it is, so that there is nothing to seal. */
export type ReadApp = { clientId: string; secret: Secret<string> | null | 'keep' };

/** What was entered as client id and secret, clean; throws `invalid_input` with every problem at once. */
export function readAppInput(
  { name }: Pick<Definition, 'name'>,
  method: Pick<OAuth2Method, 'tokenAuthMethod'>,
  entered: Entered,
  before: Pick<WorkspaceApp, 'clientId' | 'sealed'> | null,
): ReadApp {
  const clientId = entered.clientId.trim();
  const secret = entered.clientSecret?.trim() ?? '';
  const problems: FieldProblem[] = [];
  if (!isPrintable(clientId)) problems.push({ path: 'client_id', message: NOT_PLAIN });
  if (secret !== '' && !isPrintable(secret)) problems.push({ path: 'client_secret', message: NOT_PLAIN });
  const isSameClient = before !== null && before.clientId === clientId;
  const isNeeded = secret === '' && method.tokenAuthMethod !== 'none';
  const keeps = isSameClient && before.sealed !== null;
  if (isNeeded && !keeps) {
    problems.push({
      path: 'client_secret',
      message:
        before === null
          ? `Enter the client secret that ${name} shows beside the client ID.`
          : 'This is another client ID, so its own client secret is needed.',
    });
  }
  if (problems.length > 0) throw new AppError('invalid_input', { fields: problems });
  if (secret !== '') return { clientId, secret: new Secret(secret) };
  return { clientId, secret: keeps ? 'keep' : null };
}

const NOT_PLAIN = 'This holds a line break or another character that cannot be seen. Copy it again.';

function isPrintable(text: string): boolean {
  return text !== '' && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text);
}
