import type { OAuth2Method } from '../catalog/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { placesIn } from '../catalog/template.ts';
import { AppError } from '../lib/app-error.ts';
import type { Tx } from '../lib/tx.ts';
import { filledAddress } from './addresses.ts';
import { findHost, keepHost } from './app-host-store.ts';
import type { OAuthClient } from './client.ts';

interface Asked {
  workspaceId: string;
  definition: Definition;
  method: Pick<OAuth2Method, 'tokenUrl' | 'authorizeUrl'>;
  client: Pick<OAuthClient, 'setUpBy'>;
  fields: Readonly<Record<string, string>>;
}

/**
 * Where people enter the host at which they sign in, the client secret would go to whatever host they enter, and the code of
 * whoever is sent on from there. So a setup is for one host: the operator's for the one the file names, a workspace's own for
 * the first one that its secret is sent to (`send`) after it was entered.
 */
export async function refuseOtherHost(tx: Tx, asked: Asked, moment: 'begin' | 'send'): Promise<void> {
  const { workspaceId, definition, method, client, fields } = asked;
  const field = enteredHostField(definition, method);
  if (field === null) return;
  const host = hostOf(filledAddress(definition, method.tokenUrl, fields));
  if (host === null) return;
  const own = moment === 'send' ? keepHost : findHost;
  const meant =
    client.setUpBy === 'operator'
      ? hostOf(filledAddress(definition, method.tokenUrl, {}))
      : ((await own(tx, workspaceId, definition.slug, host)) ?? host);
  if (meant === host) return;
  const whose = client.setUpBy === 'operator' ? "The operator's" : 'This';
  const message = `${whose} one-time sign-in setup is for ${meant ?? 'another host'}. To sign in at ${host}, first enter a client ID and secret that were made there.`;
  throw new AppError('invalid_input', {
    reason: 'setup_of_other_host',
    detail: message,
    fields: [{ path: `fields.${field}`, message }],
  });
}

/** A field that can be any host: neither a choice of the file's nor under a suffix of the provider's. */
function enteredHostField(
  { connectionFields }: Definition,
  { tokenUrl, authorizeUrl }: Asked['method'],
): string | null {
  const places = new Set([...placesIn(tokenUrl), ...placesIn(authorizeUrl)]);
  const free = connectionFields.find(
    ({ name, kind, choices, hostSuffixes }) =>
      places.has(name) && kind !== 'text' && choices === undefined && hostSuffixes === undefined,
  );
  return free?.name ?? null;
}

function hostOf(address: string | null): string | null {
  return address === null ? null : new URL(address).host;
}
