import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, type Client, startApp, type TestApp, type TestAppOptions } from './app.ts';
import type { SignIn } from './authorization/sign-in.ts';
import {
  type AuthorizationServer,
  type AuthorizationServerOptions,
  startAuthorizationServer,
} from './authorization-server.ts';

/** A server with an integration that people sign in to, a real authorization server behind it, and a registered client. */
export interface SignInTrial {
  app: TestApp;
  provider: AuthorizationServer;
  clientId: string;
  clientSecret: string;
  /** Where the provider sends people back to. */
  redirectUri: string;
  /** `POST /v1/oauth/authorizations` in a browser of the owner's; what it sets stays in that browser. */
  begin(ask?: object, browser?: Browser): Promise<{ id: string; url: string; answer: Answer }>;
  /** The whole way in one browser: begin, sign in at the provider, come back. */
  signIn(ask?: object, given?: SignIn, browser?: Browser): Promise<{ id: string; page: Page }>;
  browser(client?: Client, origin?: string): Browser;
  close(): Promise<void>;
}

export interface Page {
  status: number;
  /** Where the browser ended up. */
  url: string;
  text: string;
  headers: Headers;
  /** Every answer on the way. */
  hops: { status: number; headers: Headers }[];
}

/** Keeps cookies by host as a browser does, and follows redirects; runs no scripts. */
export interface Browser {
  client: Client;
  origin: string;
  open(url: string): Promise<Page>;
  keep(url: string, headers: Headers): void;
}

export interface TrialOptions extends TestAppOptions {
  provider?: AuthorizationServerOptions;
  /** More lines of the method in the catalog file, or more methods. */
  method?: string;
  /** More methods of the file. */
  methods?: (provider: AuthorizationServer) => string;
  authorizeUrl?: string;
  /** More addresses and ports that the operator allows. */
  alsoAllowed?: () => string;
  /** More of the file. */
  file?: string;
  /** Whether the workspace has a sign-in setup from the beginning. */
  hasSetup?: boolean;
}

/** The rest of the trial's file, for those that call it: says whose token a call came with. */
export const WHO_AM_I = `actions:
  - name: me
    label: Who am I
    description: Says whose token it is.
    primary: true
    request: { method: GET, path: /me, query: { of: "{of}" } }
    inputs: [{ name: of, label: Of, type: text, required: true }]
    outputs: [{ name: name, label: Name, type: text, path: name, primary: true }]
    repeatable: true`;

export async function startSignInTrial(options: TrialOptions = {}): Promise<SignInTrial> {
  const provider = await startAuthorizationServer(options.provider);
  const folder = mkdtempSync(join(tmpdir(), 'keyrail-sign-in-'));
  writeFileSync(join(folder, 'trial.yaml'), trialFile(provider, options));
  const app = await startApp({
    ...options,
    settings: {
      KEYRAIL_CATALOG_DIR: folder,
      KEYRAIL_ALLOWED_PRIVATE_HOSTS: [`127.0.0.1:${provider.port}`, options.alsoAllowed?.()]
        .filter((one) => one !== undefined)
        .join(','),
      ...options.settings,
    },
  });
  const base = options.settings?.KEYRAIL_PUBLIC_URL ?? app.url;
  const redirectUri = `${base}/oauth/callback/trial`;
  const registered = await provider.addClient({ redirectUris: [redirectUri] });
  const { clientId, clientSecret } = registered;
  if (options.hasSetup !== false) {
    const put = await app.owner.request('PUT', '/v1/oauth/apps/trial', {
      client_id: clientId,
      client_secret: clientSecret,
    });
    if (put.status !== 200) throw new Error(`the setup was not saved: ${put.text}`);
  }
  const browser = (client: Client = app.owner, origin = app.url) => browserOf(client, origin);
  const begin: SignInTrial['begin'] = async (ask = {}, used = browser()) => {
    const answer = await used.client.post('/v1/oauth/authorizations', { integration: 'trial', ...ask });
    used.keep(app.url, answer.headers);
    return { id: answer.json?.id, url: answer.json?.authorization_url, answer };
  };
  return {
    app,
    provider,
    clientId,
    clientSecret,
    redirectUri,
    browser,
    begin,
    signIn: async (ask, given, used = browser()) => {
      const { id, url, answer } = await begin(ask, used);
      if (answer.status !== 201) throw new Error(`the sign-in did not begin: ${answer.text}`);
      const back = await provider.signIn(url, given);
      return { id, page: await used.open(back.href) };
    },
    close: async () => {
      await app.close();
      await provider.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function trialFile(provider: AuthorizationServer, options: TrialOptions): string {
  const method = (options.method ?? '').replaceAll('ISSUER', provider.issuer);
  return `slug: trial
name: Trial
category: CRM
description: A tool that people sign in to.
homepage: https://trial.example
docs_url: https://trial.example/docs
icon: { text: T, color: "#335577" }
base_url: ${provider.issuer}/api
auth:
  - type: oauth2
    register_url: https://trial.example/apps
    setup_note: Choose a web app.
    authorize_url: ${options.authorizeUrl ?? provider.authorizeUrl}
    token_url: ${provider.tokenUrl}
    token_auth_method: client_secret_basic
    scopes:
      - { name: openid }
      - { name: contacts.read, description: Read contacts }
      - { name: contacts.write, description: Change contacts, optional: true }
    ${method}
${options.methods?.(provider) ?? ''}
probe:
  request: { method: GET, path: /me }
  account: { label: name, id: id }
error_message: [error]
${options.file ?? ''}
sources: [{ at: a trial, for: [auth] }]
checked: "2026-11-01"
`;
}

const MOST_HOPS = 6;

function browserOf(client: Client, origin: string): Browser {
  const jar = new Map<string, Map<string, string>>();
  const cookiesOf = (url: string) => {
    const { hostname } = new URL(url);
    const known = jar.get(hostname) ?? new Map<string, string>();
    jar.set(hostname, known);
    return known;
  };
  const [name = '', value = ''] = (client.headers.cookie ?? '').split('=');
  if (name !== '') cookiesOf(origin).set(name, value);
  const keep: Browser['keep'] = (url, headers) => {
    for (const line of headers.getSetCookie()) {
      const [, cookie = '', content = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookiesOf(url).set(cookie, content);
    }
  };
  return {
    client,
    origin,
    keep,
    open: async (url) => {
      const hops: Page['hops'] = [];
      let next = url;
      for (let hop = 0; hop < MOST_HOPS; hop += 1) {
        const cookie = [...cookiesOf(next)].map(([one, content]) => `${one}=${content}`).join('; ');
        const response = await fetch(next, { redirect: 'manual', headers: cookie === '' ? {} : { cookie } });
        keep(next, response.headers);
        const { status, headers } = response;
        hops.push({ status, headers });
        const location = headers.get('location');
        const text = await response.text();
        if (location === null) return { status, url: next, text, headers, hops };
        next = new URL(location, next).href;
      }
      throw new Error('the pages go in circles');
    },
  };
}
