import type { Secret } from '../lib/secret.ts';
import { grantEndOf } from './grant.ts';
import type { Minted } from './mint.ts';
import type { RenewDeps } from './renew.ts';
import { timesOf } from './times.ts';
import { type Sealer, sealTokens } from './token-box.ts';
import type { NewToken } from './token-columns.ts';
import type { TokenRow } from './token-row.ts';

/** A token as it will stand in the row: the refresh token from before stays where none came (RFC 6749 §6). */
export function sealedToken(
  deps: Pick<RenewDeps, 'clock' | 'random' | 'settings'>,
  sealer: Sealer,
  row: Pick<TokenRow, 'id' | 'owner' | 'generation' | 'madeFrom'> &
    Partial<Pick<TokenRow, 'scopes' | 'fields' | 'idleSeconds' | 'grantEnd'>>,
  minted: Minted,
  before: Secret<string> | null,
): NewToken {
  // What is made from a credential is made from it again, whatever else came: no further secret is kept (RFC 6749 §4.4.3).
  const refreshToken = row.madeFrom === 'credential' ? null : (minted.refreshToken ?? before);
  const generation = row.generation + 1;
  const place = { workspaceId: row.owner.workspaceId, id: row.id, generation };
  const sealed = sealTokens(sealer, place, { accessToken: minted.accessToken, refreshToken });
  const isKept = row.madeFrom === 'credential' || refreshToken !== null;
  const idleSeconds = minted.refreshExpiresInSeconds ?? row.idleSeconds ?? null;
  const idle = { ...minted, refreshExpiresInSeconds: idleSeconds };
  const times = timesOf(deps.settings, idle, isKept, deps.clock.now(), deps.random());
  return {
    ...times,
    generation,
    sealed,
    hasRefreshToken: refreshToken !== null,
    idleSeconds: refreshToken === null ? null : idleSeconds,
    grantEnd: grantEndOf(minted, times, isKept, row.grantEnd ?? null),
    scopes: minted.scopes ?? row.scopes ?? null,
    fields: { ...row.fields, ...minted.fields },
  };
}
