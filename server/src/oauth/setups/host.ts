import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { fixedFields } from '../../catalog/requests/base-url.ts';
import { placesIn } from '../../catalog/requests/template.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import { filledAddress } from '../addresses.ts';
import type { OAuthClient } from './client.ts';
import { findHost, keepHost } from './host-store.ts';

interface Asked {
  workspaceId: string;
  definition: Pick<Definition, 'slug' | 'connectionFields'>;
  method: Pick<OAuth2Method, 'tokenUrl' | 'authorizeUrl'>;
  client: Pick<OAuthClient, 'setUpBy'>;
  fields: Readonly<Record<string, string>>;
}

/** `send`: the client secret goes there right after. */
type Moment = 'begin' | 'send';

/**
 * Where people enter the host at which they sign in, the client secret would go to whatever host they enter, and the code of
 * whoever is sent on from there. So a setup is for one host: the operator's for the one the file names, a workspace's own for
 * the first one that its secret is sent to (`send`) after it was entered.
 */
export async function refuseOtherHost(tx: Tx, asked: Asked, moment: Moment): Promise<void> {
  const other = await otherHost(tx, asked, moment);
  if (other === null) return;
  const { field, host, meant } = other;
  const whose = asked.client.setUpBy === 'operator' ? "The operator's" : 'This';
  const message = `${whose} one-time sign-in setup is for ${meant ?? 'another host'}. To sign in at ${host}, first enter a client ID and secret that were made there.`;
  throw new AppError('invalid_input', {
    reason: 'setup_of_other_host',
    detail: message,
    fields: [{ path: `fields.${field}`, message }],
  });
}

/**
 * The same for everything after the sign-in: the client that a connection names may have been another setup's when it was
 * signed in for. Null: the setup is for the host that the fields make.
 */
export async function otherHost(
  tx: Tx,
  { workspaceId, definition, method, client, fields }: Asked,
  moment: Moment,
): Promise<{ field: string; host: string; meant: string | null } | null> {
  const field = enteredHostField(definition, method);
  if (field === null) return null;
  const host = hostOf(filledAddress(definition, method.tokenUrl, fields));
  if (host === null) return null;
  const own = moment === 'send' ? keepHost : findHost;
  const meant =
    client.setUpBy === 'operator'
      ? hostOf(filledAddress(definition, method.tokenUrl, fixedFields(definition)))
      : ((await own(tx, workspaceId, definition.slug, host)) ?? host);
  return meant === host ? null : { field, host, meant };
}

/** The same outside of a transaction, which nearly nobody needs for it; right before the client secret is sent. */
export async function isForOtherHost(
  { transact }: { transact: Transact },
  asked: Asked,
): Promise<{ host: string; meant: string | null } | null> {
  if (enteredHostField(asked.definition, asked.method) === null) return null;
  return transact(asked.workspaceId, (tx) => otherHost(tx, asked, 'send'));
}

/** A field that can be any host: neither a choice of the file's nor under a suffix of the provider's. */
export function enteredHostField(
  { connectionFields }: Pick<Definition, 'connectionFields'>,
  { tokenUrl, authorizeUrl }: Asked['method'],
): string | null {
  const places = new Set([...placesIn(tokenUrl), ...placesIn(authorizeUrl)]);
  const free = connectionFields.find(
    ({ name, kind, choices, hostSuffixes }) =>
      places.has(name) && kind !== 'text' && choices === undefined && hostSuffixes === undefined,
  );
  return free?.name ?? null;
}

export function hostOf(address: string | null): string | null {
  return address === null ? null : new URL(address).host;
}
