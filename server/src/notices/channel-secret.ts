import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Secret } from '../lib/secret.ts';
import type { Keyring } from '../vault/keyring.ts';
import { open } from '../vault/open.ts';
import { seal } from '../vault/seal.ts';
import type { SealedRecord, SecretPlace } from '../vault/sealed-record.ts';
import type { Channel } from './channel.ts';

interface Deps {
  keyring: Keyring;
}

type Place = Pick<Channel, 'workspaceId' | 'id' | 'sealedVersion'>;

/** Where messages go, or what they are signed with (`previous`: and with which before). */
export type ChannelSecret =
  | { kind: 'address'; url: Secret<string> }
  | { kind: 'signing'; secret: Secret<string>; previous: Secret<string> | null };

const plain = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('address'), url: z.string() }),
  z.strictObject({ kind: z.literal('signing'), secret: z.string(), previous: z.string().nullable() }),
]);

export function sealChannelSecret(deps: Deps, place: Place, secret: ChannelSecret): Promise<SealedRecord> {
  const kept: z.input<typeof plain> =
    secret.kind === 'address'
      ? { kind: 'address', url: secret.url.reveal() }
      : {
          kind: 'signing',
          secret: secret.secret.reveal(),
          previous: secret.previous?.reveal() ?? null,
        };
  return seal(deps, channelSecretPlaceOf(place), new Secret(JSON.stringify(kept)));
}

/** The one door to the secrets of channels; null: it does not open. */
export async function openChannelSecret(deps: Deps, channel: Channel): Promise<ChannelSecret | null> {
  if (channel.sealed === null) return null;
  const opened = await open(deps, channelSecretPlaceOf(channel), channel.sealed);
  if (opened.kind === 'unreadable') return null;
  try {
    const kept = plain.parse(JSON.parse(opened.plaintext.reveal()));
    if (kept.kind === 'address') return { kind: 'address', url: new Secret(kept.url) };
    const previous = kept.previous === null ? null : new Secret(kept.previous);
    return { kind: 'signing', secret: new Secret(kept.secret), previous };
  } catch {
    return null;
  }
}

/** `whsec_` and 24 to 64 random bytes in base64, as Standard Webhooks has it. */
export function newSigningSecret(): Secret<string> {
  return new Secret(`whsec_${randomBytes(32).toString('base64')}`);
}

export function hintOf(secret: Secret<string>): string {
  return secret.reveal().replace(/=+$/, '').slice(-4);
}

/** Authenticated with what is kept. */
export function channelSecretPlaceOf({
  workspaceId,
  id,
  sealedVersion,
}: { [Key in keyof Place]: Place[Key] extends string ? string : Place[Key] }): SecretPlace {
  return { workspaceId, recordId: id, version: sealedVersion, purpose: 'notice_channel' };
}
