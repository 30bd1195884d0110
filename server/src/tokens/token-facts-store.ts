import { queries } from '../db/open.ts';
import type { Tx } from '../lib/tx.ts';
import type { TokenFacts } from './token.ts';
import { endedIn, failureIn, grantEndIn, scopesShape } from './token-columns.ts';
import { isRefused } from './token-row.ts';

const COLUMNS = [
  'connection_id',
  'credential_version',
  'made_from',
  'has_refresh_token',
  'minted_at',
  'expires_at',
  'renew_at',
  'retry_at',
  'forced_at',
  'failure',
  'failure_words',
  'ended_because',
  'ended_words',
  'grant_ends_at',
  'grant_warns_at',
  'scopes',
] as const;

export async function tokenFacts(
  tx: Tx,
  workspaceId: string,
  of: readonly { connectionId: string; credentialVersion: number }[],
): Promise<ReadonlyMap<string, TokenFacts>> {
  if (of.length === 0) return new Map();
  const rows = await queries(tx)
    .selectFrom('tokens')
    .select(COLUMNS)
    .where('workspace_id', '=', workspaceId)
    .where('connection_id', 'in', [...new Set(of.map((one) => one.connectionId))])
    .where('generation', '>', 0)
    .execute();
  const wanted = new Set(of.map((one) => `${one.connectionId}:${one.credentialVersion}`));
  const asked = rows.filter((row) => wanted.has(`${row.connection_id}:${row.credential_version}`));
  return new Map(asked.map((row) => [row.connection_id, factsOf(row)]));
}

function factsOf(row: Row): TokenFacts {
  const isRenewable = row.made_from === 'credential' || row.has_refresh_token;
  return {
    mintedAt: row.minted_at,
    expiresAt: row.expires_at,
    isRenewable,
    // What nothing renews is looked at when it ends; that is no renewal.
    renewAt: isRenewable && row.ended_because === null ? row.renew_at : null,
    failure: failureIn(row),
    isRefused: isRefused({ forcedAt: row.forced_at, mintedAt: row.minted_at }),
    isHeld: row.retry_at !== null && row.failure === null,
    ended: endedIn(row),
    grantEnd: grantEndIn(row),
    scopes: scopesShape.parse(row.scopes),
  };
}

interface Row {
  made_from: string;
  has_refresh_token: boolean;
  minted_at: Date | null;
  expires_at: Date | null;
  renew_at: Date | null;
  retry_at: Date | null;
  forced_at: Date | null;
  failure: string | null;
  failure_words: string | null;
  ended_because: string | null;
  ended_words: string | null;
  grant_ends_at: Date | null;
  grant_warns_at: Date | null;
  scopes: unknown;
}
