import type { AuthorizationServer } from '../authorization-server.ts';

/** The whole way of a person without a browser: begin, sign in at the provider, come back. Resolves to the connection's id. */
export async function signInThrough(
  owner: { url: string; cookie: string; workspaceId: string },
  provider: AuthorizationServer,
  ask: { integration: string; name: string },
  account: string,
): Promise<string> {
  const headers = { cookie: owner.cookie, 'keyrail-workspace': owner.workspaceId };
  const begun = await fetch(`${owner.url}/v1/oauth/authorizations`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(ask),
  });
  const said = await begun.text();
  if (begun.status !== 201) throw new Error(`the sign-in did not begin: ${said}`);
  const { id, authorization_url: url } = JSON.parse(said) as Record<string, string>;
  const own = begun.headers.getSetCookie().map((line) => line.split(';')[0]);
  const back = await provider.signIn(url ?? '', { account });
  const cookie = [owner.cookie, ...own].join('; ');
  const landed = await fetch(back, { redirect: 'manual', headers: { cookie } });
  await landed.body?.cancel();
  const done = await fetch(`${owner.url}/v1/oauth/authorizations/${id}`, { headers });
  const state = (await done.json()) as { connection_id?: string };
  if (!state.connection_id) throw new Error(`the sign-in came to nothing: ${JSON.stringify(state)}`);
  return state.connection_id;
}
