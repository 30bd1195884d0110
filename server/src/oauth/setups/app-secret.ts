import { Secret } from '../../lib/secret.ts';
import type { Keyring } from '../../vault/keyring.ts';
import { open } from '../../vault/open.ts';
import { seal } from '../../vault/seal.ts';
import type { SealedRecord, SecretPlace } from '../../vault/sealed-record.ts';
import type { OperatorApp, WorkspaceApp } from './app.ts';

interface Deps {
  keyring: Keyring;
}

/** The operator's secrets have a data key of their own, under a name that no workspace's id can be. */
const OPERATOR = 'operator';

type Place = Pick<WorkspaceApp, 'workspaceId' | 'id' | 'version'>;
type OperatorPlace = Pick<OperatorApp, 'integration' | 'version'>;

export function sealAppSecret(deps: Deps, place: Place, secret: string): Promise<SealedRecord> {
  return seal(deps, appPlaceOf(place), new Secret(secret));
}

export function sealOperatorSecret(deps: Deps, place: OperatorPlace, secret: string): Promise<SealedRecord> {
  return seal(deps, operatorPlaceOf(place), new Secret(secret));
}

/** The one door to the secrets of sign-in setups. `unreadable`: damaged, or its key is gone. */
export async function openAppSecret(deps: Deps, app: WorkspaceApp): Promise<Opened> {
  return openAt(deps, appPlaceOf(app), app.sealed);
}

export async function openOperatorSecret(deps: Deps, app: OperatorApp): Promise<Opened> {
  return openAt(deps, operatorPlaceOf(app), app.sealed);
}

/** Null: a client without a secret. */
export type Opened = { kind: 'opened'; secret: Secret<string> | null } | { kind: 'unreadable' };

async function openAt(deps: Deps, place: SecretPlace, sealed: SealedRecord | null): Promise<Opened> {
  if (sealed === null) return { kind: 'opened', secret: null };
  const opened = await open(deps, place, sealed);
  return opened.kind === 'opened' ? { kind: 'opened', secret: opened.plaintext } : { kind: 'unreadable' };
}

/** Authenticated with the secret. */
export function appPlaceOf({
  workspaceId,
  id,
  version,
}: Record<'workspaceId' | 'id', string> & { version: number }): SecretPlace {
  return { workspaceId, recordId: id, version, purpose: 'oauth_app' };
}

export function operatorPlaceOf({ integration, version }: OperatorPlace): SecretPlace {
  return { workspaceId: OPERATOR, recordId: integration, version, purpose: 'oauth_app' };
}
