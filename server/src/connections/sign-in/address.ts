import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { placesIn } from '../../catalog/requests/template.ts';
import { AppError } from '../../lib/app-error.ts';
import { filledAddress } from '../../oauth/addresses.ts';
import type { Outbound } from '../../outbound/call.ts';
import { egressDenied } from '../check-entered.ts';

interface Deps {
  outbound: Pick<Outbound, 'check'>;
}

/**
 * A host that a person entered is looked at before anybody leaves for it: the code that comes back, with the client secret,
 * would have to be sent there.
 */
export async function checkEnteredHost(
  { outbound }: Deps,
  definition: Definition,
  { tokenUrl }: Pick<OAuth2Method, 'tokenUrl'>,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const [entered] = placesIn(tokenUrl);
  const url = entered === undefined ? null : filledAddress(definition, tokenUrl, fields);
  if (url === null) return;
  const found = await outbound.check(url);
  if (found.kind === 'denied') throw egressDenied(definition.name, found.reason);
  // One that the file itself names is there; then it is our own name service that is not.
  const field = definition.connectionFields.find(({ name }) => name === entered);
  const isNamed =
    field?.choices !== undefined || (fields[entered ?? ''] ?? field?.default) === field?.default;
  if (found.kind !== 'unresolved' || isNamed) return;
  const message = `The host ${new URL(url).hostname} was not found. Compare it with the address you open ${definition.name} at.`;
  throw new AppError('invalid_input', { fields: [{ path: `fields.${entered}`, message }] });
}
