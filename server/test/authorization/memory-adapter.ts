import type { Adapter, AdapterPayload } from 'oidc-provider';

/** Everything the authorization server knows, by `Model:id`; bounded by nothing, so that no token is forgotten silently. */
export type Known = Map<string, AdapterPayload>;

/** What `oidc-provider` stores its things in: one map in memory, which tests may look into. */
export function memoryAdapter(known: Known): (model: string) => Adapter {
  const find = (model: string, matches: (payload: AdapterPayload) => boolean) =>
    [...known].find(([key, payload]) => key.startsWith(`${model}:`) && matches(payload))?.[1];
  return (model) => ({
    upsert: async (id, payload) => void known.set(`${model}:${id}`, payload),
    find: async (id) => {
      const payload = known.get(`${model}:${id}`);
      return payload?.exp !== undefined && payload.exp * 1000 < Date.now() ? undefined : payload;
    },
    findByUid: async (uid) => find(model, (payload) => payload.uid === uid),
    findByUserCode: async (code) => find(model, (payload) => payload.userCode === code),
    consume: async (id) => {
      const payload = known.get(`${model}:${id}`);
      if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000);
    },
    destroy: async (id) => void known.delete(`${model}:${id}`),
    revokeByGrantId: async (grantId) => {
      for (const [key, payload] of known) if (payload.grantId === grantId) known.delete(key);
    },
  });
}
