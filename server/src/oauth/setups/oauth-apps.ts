import type { OAuthApp } from '@keyrail/contract/oauth';
import type { Who } from '../../workspaces/who.ts';
import type { AppsDeps } from './apps.ts';
import * as apps from './apps.ts';
import { type AppChange, put, type Saved } from './change-app.ts';
import { destroyPreviousOf, rollBackApp } from './roll-back-app.ts';

/** One-time sign-in setups, as compose builds them and as the API uses them. */
export interface OAuthApps {
  list(who: Who): Promise<OAuthApp[]>;
  get(who: Who, integration: string): Promise<OAuthApp>;
  put(who: Who, integration: string, change: AppChange, version: number | null): Promise<Saved>;
  /** The replaced client secret becomes current again. */
  rollBack(who: Who, integration: string, version: number | null): Promise<Saved>;
  /** Ends the time in which it can be rolled back to. */
  destroyPrevious(who: Who, integration: string, version: number | null): Promise<OAuthApp>;
  remove(who: Who, integration: string, version: number | null): Promise<void>;
  /** Null: nobody has entered one. */
  setUpBy(workspaceId: string, integration: string): Promise<'workspace' | 'operator' | null>;
  /** To be registered with the provider, exactly so. */
  redirectUri(integration: string, workspaceId: string): string;
}

export function createOAuthApps(deps: AppsDeps): OAuthApps {
  return {
    list: (who) => apps.list(deps, who),
    get: (who, integration) => apps.get(deps, who, integration),
    put: (who, integration, change, version) => put(deps, who, integration, change, version),
    rollBack: (who, integration, version) => rollBackApp(deps, who, integration, version),
    destroyPrevious: (who, integration, version) => destroyPreviousOf(deps, who, integration, version),
    remove: (who, integration, version) => apps.remove(deps, who, integration, version),
    setUpBy: (workspaceId, integration) => apps.setUpBy(deps, workspaceId, integration),
    redirectUri: deps.redirectUri,
  };
}
