import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Everything the authorization server knows, by `Model:id`; bounded by nothing, so that no token is forgotten silently. */
export type Known = Map<string, AdapterPayload>;

export interface Memory {
  /** A spent refresh token is taken once more within so many seconds. */
  graceSeconds: number | null;
  /** A refresh token was given out, to this account. */
  onRefreshToken(token: string, accountId: string | undefined): void;
}

/** What `oidc-provider` stores its things in: one map in memory, which tests may look into. */
export function memoryAdapter(known: Known, memory: Memory): (model: string) => Adapter {
  const find = (model: string, matches: (payload: AdapterPayload) => boolean) =>
    [...known].find(([key, payload]) => key.startsWith(`${model}:`) && matches(payload))?.[1];
  return (model) => ({
    upsert: async (id, payload) => {
      known.set(`${model}:${id}`, payload);
      if (model === 'RefreshToken') memory.onRefreshToken(id, payload.accountId);
    },
    find: async (id) => {
      const payload = known.get(`${model}:${id}`);
      if (payload?.exp !== undefined && payload.exp * 1000 < Date.now()) return undefined;
      return isInGrace(known, payload, memory.graceSeconds) ? { ...payload, consumed: undefined } : payload;
    },
    findByUid: async (uid) => find(model, (payload) => payload.uid === uid),
    findByUserCode: async (code) => find(model, (payload) => payload.userCode === code),
    consume: async (id) => {
      const payload = known.get(`${model}:${id}`);
      if (payload !== undefined) payload.consumed ??= Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => void known.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, payload] of known) if (payload.grantId === grantId) known.delete(key);
    },
  });
}

/**
 * Only the one before the newest, and only for a while, as Auth0 does it ("Rotation Overlap Period: … a new rotating
 * refresh token is issued. Only the previous token can be reused; if the second-to-last one is exchanged, breach detection
 * will be triggered"); Ory Hydra and Amazon Cognito have the same under other names.
 */
function isInGrace(known: Known, payload: AdapterPayload | undefined, graceSeconds: number | null): boolean {
  if (payload?.consumed === undefined || payload.kind !== 'RefreshToken' || graceSeconds === null)
    return false;
  const spentAt = Number(payload.consumed);
  if (Date.now() / 1000 - spentAt > graceSeconds + 1) return false;
  const age = Number(payload.rotations ?? 0);
  return ![...known.values()].some(
    (other) =>
      other.kind === 'RefreshToken' &&
      other.grantId === payload.grantId &&
      other.consumed !== undefined &&
      Number(other.rotations ?? 0) > age,
  );
}
