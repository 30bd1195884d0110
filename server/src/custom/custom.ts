import type { CustomDefinition, CustomTestResult, Discovered } from '@keyrail/contract/custom';
import type { Outbound } from '../outbound/call.ts';
import type { Who } from '../workspaces/who.ts';
import { type Change, type ChangeDeps, type Changed, change, remove, required } from './change.ts';
import type { CustomIntegration } from './custom-integration.ts';
import { type DiscoverDeps, discover } from './discover.ts';
import { create, type Saved } from './save.ts';
import { findCustom, listCustom } from './store.ts';
import { type Trying, type TryOutDeps, tryOut } from './try-out.ts';
import { warningsOf } from './warnings.ts';

export interface CustomDeps extends ChangeDeps, TryOutDeps, DiscoverDeps {
  outbound: Outbound;
  /** Drops what this process keeps of a workspace's catalog and connections; others hear of it through the database. */
  forget(workspaceId: string): void;
}

/** As it is shown: `warnings` are of what is saved, `notes` of this very saving. */
export interface Shown {
  integration: CustomIntegration;
  warnings: string[];
  credentialsKept: boolean;
}

/** The room: integrations that workspaces describe themselves. Unknown and foreign slugs alike: AppError `not_found`. */
export interface Custom {
  create(who: Who, described: CustomDefinition): Promise<Shown>;
  list(who: Who): Promise<Shown[]>;
  get(who: Who, slug: string): Promise<Shown>;
  change(who: Who, slug: string, change: Change): Promise<Shown>;
  remove(who: Who, slug: string, how: Pick<Change, 'isConfirmed' | 'version'>): Promise<void>;
  tryOut(who: Who, asked: Trying): Promise<CustomTestResult>;
  /** What an authorization server says of itself; AppError `invalid_input` where it says nothing that can be trusted. */
  discover(who: Who, issuer: string): Promise<Discovered>;
}

export function createCustom(deps: CustomDeps): Custom {
  const { transact } = deps;

  async function shown(integration: CustomIntegration): Promise<Shown> {
    const catalog = await deps.catalogs.of(integration.workspaceId);
    return { integration, warnings: warningsOf(integration.described, catalog), credentialsKept: true };
  }

  async function after(saved: Saved & Partial<Changed>): Promise<Shown> {
    deps.forget(saved.saved.workspaceId);
    const { warnings, integration } = await shown(saved.saved);
    return {
      integration,
      warnings: [...saved.notes, ...warnings],
      credentialsKept: saved.credentialsKept ?? true,
    };
  }

  return {
    create: async (who, described) => after(await create(deps, who, described)),
    list: async ({ workspaceId }) =>
      Promise.all((await transact(workspaceId, (tx) => listCustom(tx, workspaceId))).map(shown)),
    get: async ({ workspaceId }, slug) =>
      shown(required(await transact(workspaceId, (tx) => findCustom(tx, workspaceId, slug)))),
    change: async (who, slug, wanted) => after(await change(deps, who, slug, wanted)),
    remove: async (who, slug, how) => {
      await remove(deps, who, slug, how);
      deps.forget(who.workspaceId);
    },
    tryOut: (who, asked) => tryOut(deps, who, asked),
    discover: (who, issuer) => discover(deps, who, issuer),
  };
}
