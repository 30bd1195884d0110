import { record } from '../../audit/record.ts';
import type { Catalogs } from '../../catalog/catalogs.ts';
import type { OAuth2Method } from '../../catalog/definition/auth-definition.ts';
import type { Definition } from '../../catalog/definition.ts';
import { fixedFields } from '../../catalog/requests/base-url.ts';
import { AppError } from '../../lib/app-error.ts';
import type { Transact, Tx } from '../../lib/tx.ts';
import type { Minted } from '../../tokens/mint.ts';
import type { Who } from '../../workspaces/who.ts';
import type { Connection } from '../connection.ts';
import { lockIntegration } from '../connection-store.ts';
import type { SignedIn } from '../sign-in/authorize.ts';
import { type AttemptDeps, attemptWithdrawal } from './attempt.ts';
import { deleteWithdrawal, listWithdrawals, lockWithdrawal } from './store.ts';
import type { WithdrawalSweepStore } from './sweep-store.ts';
import { type GiveUp, type GiveUpDeps, giveUpAccess, giveUpIn } from './withdraw.ts';
import type { ListedWithdrawal, Withdrawal } from './withdrawal.ts';

export interface WithdrawalsDeps extends GiveUpDeps, AttemptDeps {
  /** For people's requests. */
  transact: Transact;
  /** For what does not belong to the request that sets it off. */
  ownTransact: Transact;
  catalogs: Catalogs;
  withdrawalSweepStore: WithdrawalSweepStore;
  /** Throws where nothing may leave this server now: the access may be another server's, of which this one is a copy. */
  mayLeave?: () => undefined | Promise<void>;
}

/** Access that is no longer used here is taken back at the provider, in the background, until it is or a day is over. */
export interface Withdrawals {
  /** What destroys credentials gives their access up with this, in its own transaction. Read before that begins. */
  givingUp(workspaceId: string): Promise<GiveUp>;
  /** What a sign-in got and no connection of it holds. */
  refuse(
    tx: Tx,
    got: Pick<SignedIn, 'authorization' | 'definition' | 'method' | 'minted' | 'account' | 'told'>,
  ): Promise<void>;
  /** A new token of a connection that was disconnected or deleted while it was made. */
  takeBack(given: Given, minted: Minted): Promise<void>;
  list(
    who: Who,
    page: { state: Withdrawal['state'] | undefined; before: string | null; limit: number },
  ): Promise<ListedWithdrawal[]>;
  /** Somebody has seen it. */
  dismiss(who: Who, id: string): Promise<void>;
  /** Job `withdrawals.tell`. */
  tell(workspaceId: string, id: string): Promise<void>;
  /** Job `withdrawals.sweep`. */
  sweep(): Promise<void>;
}

/** Whose token it was, as it was when it was asked for. */
export interface Given {
  connection: Connection;
  credentialVersion: number;
  definition: Definition;
  method: OAuth2Method;
  fields: Readonly<Record<string, string>>;
  clientId: string | null;
  redirectUri: string | null;
}

/** At one time; more waits for the next sweep. */
const MOST_AT_ONCE = 200;

export function createWithdrawals(deps: WithdrawalsDeps): Withdrawals {
  const own = { ...deps, transact: deps.ownTransact };
  return {
    givingUp: async (workspaceId) => giveUpIn(deps, await deps.catalogs.of(workspaceId)),
    refuse: (tx, { authorization, definition, method, minted, account, told }) => {
      const { workspaceId, clientId, redirectUri, wanted } = authorization;
      return giveUpAccess(deps, tx, {
        workspaceId,
        definition,
        method,
        fields: { ...wanted.fields, ...minted.fields, ...told, ...fixedFields(definition) },
        clientId,
        redirectUri,
        connection: null,
        accountId: account?.id ?? null,
        accountName: account?.name ?? null,
        because: 'sign_in_refused',
        accessToken: minted.accessToken,
        refreshToken: minted.refreshToken,
        expiresAt: endOf(deps.clock.now(), minted),
      });
    },
    takeBack: (given, minted) => takeBack(own, given, minted),
    list: (who, { state, before, limit }) =>
      deps.transact(
        who.workspaceId,
        (tx) =>
          listWithdrawals(tx, who.workspaceId, { state, connectionIds: who.connectionIds, before, limit }),
        'read',
      ),
    dismiss: (who, id) => dismiss(deps, who, id),
    tell: async (workspaceId, id) => {
      if (await mayLeave(deps)) await attemptWithdrawal(own, workspaceId, id);
    },
    sweep: async () => {
      if (!(await mayLeave(deps))) return;
      const { settings, withdrawalSweepStore } = deps;
      const now = deps.clock.now().getTime();
      await withdrawalSweepStore.enqueueDue(new Date(now), MOST_AT_ONCE);
      await withdrawalSweepStore.forget({
        waitingSince: new Date(now - settings.withdrawalHoldMs),
        withdrawn: new Date(now - settings.withdrawnKeptMs),
        notWithdrawn: new Date(now - settings.notWithdrawnKeptMs),
      });
    },
  };
}

async function mayLeave(deps: WithdrawalsDeps): Promise<boolean> {
  try {
    await deps.mayLeave?.();
    return true;
  } catch (error) {
    if (error instanceof AppError) return false;
    throw error;
  }
}

async function takeBack(deps: WithdrawalsDeps, given: Given, minted: Minted): Promise<void> {
  const { connection, credentialVersion, definition, method, fields, clientId, redirectUri } = given;
  const { workspaceId, integration } = connection;
  await deps.transact(workspaceId, async (tx) => {
    await lockIntegration(tx, workspaceId, integration);
    await giveUpAccess(deps, tx, {
      workspaceId,
      definition,
      method,
      fields: { ...fields, ...minted.fields },
      clientId,
      redirectUri,
      connection: { ...connection, credentialVersion },
      accountId: connection.accountId,
      accountName: connection.account?.name ?? null,
      because: 'renewed_too_late',
      accessToken: minted.accessToken,
      refreshToken: minted.refreshToken,
      expiresAt: endOf(deps.clock.now(), minted),
    });
  });
}

function endOf(now: Date, { expiresInSeconds }: Minted): Date | null {
  return expiresInSeconds === null ? null : new Date(now.getTime() + expiresInSeconds * 1000);
}

async function dismiss({ transact }: WithdrawalsDeps, who: Who, id: string): Promise<void> {
  await transact(who.workspaceId, async (tx) => {
    const found = await lockWithdrawal(tx, who.workspaceId, id);
    if (found === null || !maySee(who, found)) throw new AppError('not_found');
    if (found.state === 'pending')
      throw new AppError('conflict', {
        reason: 'still_pending',
        detail: `${found.integrationName} is still being told that access has ended. Nothing was changed.`,
      });
    await deleteWithdrawal(tx, found);
    await record(tx, {
      who,
      action: 'withdrawal.dismissed',
      subject: { kind: 'withdrawal', id, name: found.connectionName ?? found.integrationName },
      detail: { integration: found.integration, outcome: found.state },
    });
  });
}

function maySee({ connectionIds }: Who, { connectionId }: Withdrawal): boolean {
  return connectionIds === null || (connectionId !== null && connectionIds.has(connectionId));
}
