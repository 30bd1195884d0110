import { z } from 'zod';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import { Secret } from '../../lib/secret.ts';
import type { Revocation } from '../../oauth/revocation.ts';
import { isRecord } from '../../oauth/token-body.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { open } from '../../vault/open.ts';
import { seal } from '../../vault/seal.ts';
import type { SealedRecord, SecretPlace } from '../../vault/sealed-record.ts';

/** A revocation as it is kept until the provider has been told, and how to get an access token that is still good. */
export interface KeptRevocation extends Revocation {
  /** What was sent with the sign-in, which some want again with a renewal. */
  redirectUri: string | null;
  /** Null: not known. */
  accessExpiresAt: Date | null;
}

export type WithdrawalPlace = Pick<SecretPlace, 'workspaceId'> & { id: string };

const plain = z.strictObject({
  integration: z.custom<Revocation['integration']>(isRecord),
  method: z.custom<OAuth2Method>(isRecord),
  fields: z.record(z.string(), z.string()),
  client: z.strictObject({ id: z.string(), secret: z.string().nullable() }),
  accountId: z.string().nullable(),
  redirectUri: z.string().nullable(),
  accessExpiresAt: z.iso
    .datetime()
    .transform((text) => new Date(text))
    .nullable(),
  access: z.string(),
  refresh: z.string().nullable(),
});

/** Addresses are sealed with the secrets that go there: nobody who can write rows can send a token elsewhere. */
export function sealRevocation(
  deps: { keyring: Keyring },
  place: WithdrawalPlace,
  { workspaceId: _, client, accessToken, refreshToken, ...rest }: KeptRevocation,
): Promise<SealedRecord> {
  const kept: z.input<typeof plain> = {
    ...rest,
    fields: { ...rest.fields },
    accessExpiresAt: rest.accessExpiresAt?.toISOString() ?? null,
    client: { id: client.id, secret: client.secret?.reveal() ?? null },
    access: accessToken.reveal(),
    refresh: refreshToken?.reveal() ?? null,
  };
  return seal(deps, withdrawalPlaceOf(place), new Secret(JSON.stringify(kept)));
}

/** The only opener of withdrawals; null: it does not open. A parser's complaint would quote tokens, so none leaves here. */
export async function openRevocation(
  deps: { keyring: Keyring },
  place: WithdrawalPlace,
  sealed: SealedRecord,
): Promise<KeptRevocation | null> {
  const opened = await open(deps, withdrawalPlaceOf(place), sealed);
  if (opened.kind === 'unreadable') return null;
  try {
    const { access, refresh, client, ...rest } = plain.parse(JSON.parse(opened.plaintext.reveal()));
    return {
      ...rest,
      workspaceId: place.workspaceId,
      client: { id: client.id, secret: client.secret === null ? null : new Secret(client.secret) },
      accessToken: new Secret(access),
      refreshToken: refresh === null ? null : new Secret(refresh),
    };
  } catch {
    return null;
  }
}

/** Authenticated with what is kept. */
export function withdrawalPlaceOf({ workspaceId, id }: WithdrawalPlace): SecretPlace {
  return { workspaceId, recordId: id, version: 1, purpose: 'withdrawal' };
}
