import type { ExpiryKind } from '@keyrail/contract/expiries';
import type { CatalogEntry } from '../../catalog/catalog-entry.ts';
import type { Catalogs } from '../../catalog/catalogs.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import { isAllowed } from '../../workspaces/policy.ts';
import type { Who } from '../../workspaces/who.ts';
import type { DependentsSource } from '../dependents-source.ts';
import { type Expiry, nextWarningAt } from './expiry.ts';
import { messageOf } from './expiry-words.ts';
import { countSignedInTo, listExpiries, namesOf } from './store.ts';

interface Deps {
  transact: Transact;
  catalogs: Catalogs;
  dependents: DependentsSource;
  clock: Clock;
}

export interface ExpiriesAsk {
  from: Date | null;
  until: Date | null;
  kind: ExpiryKind | undefined;
  limit: number;
  cursor: string | undefined;
}

export interface ListedExpiry {
  expiry: Expiry;
  name: string;
  /** Null: it belongs to none. */
  integration: { slug: string; name: string; entry: CatalogEntry | undefined } | null;
  message: string;
  dependentsCount: number;
  nextWarningAt: Date | null;
}

/**
 * What ends when, the soonest first. Sign-in setups are the matter of all that see connections; API tokens are seen by those
 * who manage them; a token that is bound to connections hears of these alone.
 */
export async function listed(
  deps: Deps,
  who: Who,
  ask: ExpiriesAsk,
): Promise<{ data: ListedExpiry[]; nextCursor: string | null }> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  const { connectionIds } = who;
  const withApiTokens = connectionIds === null && isAllowed(who, { role: 'admin', scope: 'workspace:admin' });
  const filter = {
    ...ask,
    connectionIds,
    withApiTokens,
    after: fromCursor(ask.cursor),
    limit: ask.limit + 1,
  };
  return deps.transact(
    who.workspaceId,
    async (tx) => {
      const found = await listExpiries(tx, who.workspaceId, filter);
      const shown = found.slice(0, ask.limit);
      const last = shown.at(-1);
      const nextCursor = found.length > ask.limit && last !== undefined ? cursorOf(last) : null;
      return { data: await described(deps, tx, who, shown, (slug) => catalog.entry(slug)), nextCursor };
    },
    'read',
  );
}

async function described(
  deps: Deps,
  tx: Tx,
  who: Who,
  found: readonly Expiry[],
  entryOf: (slug: string) => CatalogEntry | undefined,
): Promise<ListedExpiry[]> {
  const now = deps.clock.now();
  const idsOf = (kind: Expiry['subject']['kind']) => [
    ...new Set(found.filter((one) => one.subject.kind === kind).map((one) => one.subject.id)),
  ];
  const connections = await namesOf(tx, who.workspaceId, idsOf('connection'));
  const used = [...connections].map(([connectionId, { integration, isDefault }]) => ({
    connectionId,
    integration,
    isDefault,
  }));
  const columns = await deps.dependents.count(tx, who.workspaceId, used);
  const signedIn = await countSignedInTo(tx, who.workspaceId, idsOf('sign_in_setup'));
  return found.map((expiry) => {
    const { kind, id } = expiry.subject;
    const connection = connections.get(id);
    const slug = kind === 'api_token' ? null : (connection?.integration ?? id);
    const entry = slug === null ? undefined : entryOf(slug);
    const integration = slug === null ? null : { slug, name: entry?.name ?? slug, entry };
    const name = connection?.name ?? expiry.subjectName ?? integration?.name ?? id;
    return {
      expiry,
      name,
      integration,
      message: messageOf(expiry, { name, integrationName: integration?.name ?? null }, now),
      dependentsCount: (kind === 'connection' ? columns : signedIn).get(id) ?? 0,
      nextWarningAt: nextWarningAt(expiry, now),
    };
  });
}

function cursorOf({ endsAt, id }: Expiry): string {
  return Buffer.from(`${endsAt.toISOString()} ${id}`, 'utf8').toString('base64url');
}

function fromCursor(cursor: string | undefined): { at: Date; id: string } | null {
  if (cursor === undefined) return null;
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [, at, id] = /^(\d{4}-\d\d-\d\dT[\d:.]{8,12}Z) (exp_[0-9a-f]{32})$/.exec(text) ?? [];
  if (at !== undefined && id !== undefined && !Number.isNaN(Date.parse(at))) return { at: new Date(at), id };
  throw new AppError('invalid_input', {
    fields: [{ path: 'cursor', message: 'Not a cursor of this list. Start without one.' }],
  });
}
