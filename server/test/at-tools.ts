import { SANDBOX_CLIENT } from '../../sandbox/oauth/flow.ts';
import { type Sandbox, sandboxUpstreams, startSandbox } from '../../sandbox/start.ts';
import { type Answer, startApp, type TestApp } from './app.ts';

/** The real engine, with the catalog's own files, at stand-ins that answer as the providers document it. */
export interface AtTools {
  app: TestApp;
  sandbox: Sandbox;
  setUp(slug: string, secret?: string): Promise<void>;
  /** The same, whatever comes of it. */
  trySetUp(slug: string, secret: string): Promise<Answer>;
  /**
   * One browser goes there, allows it, and comes back; resolves to how the sign-in stands then. `changed`: what is done to the
   * address it comes back to.
   */
  signIn(
    slug: string,
    ask?: object,
    account?: string,
    changed?: (back: URL) => void,
  ): Promise<Answer['json']>;
  choose(signInId: string, value: string): Promise<Answer['json']>;
  connection(id: string): Promise<Answer['json']>;
  verify(id: string): Promise<Answer['json']>;
  /** How often an address of a stand-in was asked. */
  calls(slug: string, path: string): number;
  close(): Promise<void>;
}

export async function startAtTools(slugs: readonly string[]): Promise<AtTools> {
  const sandbox = await startSandbox();
  const { upstreams, allowedPrivateHosts } = sandboxUpstreams(sandbox);
  const app = await startApp({
    settings: { KEYRAIL_UPSTREAMS: upstreams, KEYRAIL_ALLOWED_PRIVATE_HOSTS: allowedPrivateHosts },
  });
  const json = async (answer: Promise<Answer>) => (await answer).json;
  // One person begins thirty in ten minutes and no more.
  let person = app.owner;
  let begunByPerson = 0;
  const standing = (id: string) => json(person.get(`/v1/oauth/authorizations/${id}`));
  const trySetUp: AtTools['trySetUp'] = (slug, secret) =>
    app.owner.request('PUT', `/v1/oauth/apps/${slug}`, {
      client_id: SANDBOX_CLIENT.id,
      client_secret: secret,
    });
  const setUp: AtTools['setUp'] = async (slug, secret = SANDBOX_CLIENT.secret) => {
    const put = await trySetUp(slug, secret);
    if (put.status !== 200) throw new Error(`${slug}: the setup was not saved: ${put.text}`);
  };
  for (const slug of slugs) await setUp(slug);
  return {
    app,
    sandbox,
    setUp,
    trySetUp,
    signIn: async (slug, ask = {}, account = 'anna@acme.example', changed = () => {}) => {
      if (begunByPerson === 25) [person, begunByPerson] = [await app.member('admin'), 0];
      begunByPerson += 1;
      const begun = await person.post('/v1/oauth/authorizations', { integration: slug, ...ask });
      if (begun.status !== 201) throw new Error(`${slug}: ${begun.text}`);
      const kept = begun.headers.getSetCookie().map((line) => line.split(';')[0]);
      const cookie = [person.headers.cookie, ...kept].join('; ');
      const body = new URLSearchParams({ account, answer: 'allow' });
      const there = await fetch(begun.json.authorization_url, { method: 'POST', body, redirect: 'manual' });
      const back = new URL(there.headers.get('location') ?? 'none:');
      changed(back);
      await (await fetch(back, { headers: { cookie }, redirect: 'manual' })).text();
      return standing(begun.json.id);
    },
    choose: (id, value) => json(person.post(`/v1/oauth/authorizations/${id}/choose`, { value })),
    connection: (id) => json(app.owner.get(`/v1/connections/${id}`)),
    verify: (id) => json(app.owner.post(`/v1/connections/${id}/verify`)),
    calls: (slug, path) =>
      sandbox.log.counts({ provider: slug, path }).reduce((sum, one) => sum + one.count, 0),
    close: async () => {
      await app.close();
      await sandbox.close();
    },
  };
}
