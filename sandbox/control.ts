import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AWS_EXTERNAL_ID, AWS_KEYS, AWS_ROLES } from './aws/keys.ts';
import { AWS_REGIONS } from './aws/serve.ts';
import { KEY_HELP } from './keys.ts';
import { SANDBOX_CLIENT } from './oauth/flow.ts';
import { serviceAccountKey } from './oauth/service-account.ts';
import { SIGN_IN_NAMES } from './provider-list.ts';
import type { SandboxState } from './provider-server.ts';
import { sendReply } from './send.ts';
import { serviceAccounts } from './service-accounts/entered.ts';

export interface Upstream {
  origin: string;
  /** Where the stand-in listens. */
  target: string;
  slug: string;
}

/** The sandbox's own address: a start page for people, and inspection for tests. */
export async function serveControl(
  port: number,
  upstreams: readonly Upstream[],
  withCredits: readonly string[],
  state: SandboxState,
): Promise<{ server: Server; port: number }> {
  const server = createServer((incoming, outgoing) => {
    answer(incoming, outgoing, upstreams, withCredits, state).catch(() => outgoing.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

async function answer(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  upstreams: readonly Upstream[],
  withCredits: readonly string[],
  state: SandboxState,
): Promise<void> {
  const url = new URL(incoming.url ?? '/', 'http://sandbox');
  const query = url.searchParams;
  switch (`${incoming.method} ${url.pathname}`) {
    case 'GET /':
      outgoing
        .writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
        .end(startPage(upstreams, withCredits));
      return;
    case 'GET /upstreams':
      return sendReply(outgoing, { status: 200, body: upstreams });
    case 'GET /calls': {
      const filter = Object.fromEntries(
        ['provider', 'key', 'path'].flatMap((name) => (query.has(name) ? [[name, query.get(name)]] : [])),
      );
      const counts = state.log.counts(filter);
      return sendReply(outgoing, {
        status: 200,
        body: { total: counts.reduce((sum, one) => sum + one.count, 0), counts },
      });
    }
    case 'GET /calls/answered-twice':
      return sendReply(outgoing, { status: 200, body: state.log.answeredTwice() });
    case 'POST /reset':
      reset(state);
      return sendReply(outgoing, { status: 204, body: null });
    case 'POST /top-up': {
      const account = state.accounts.get(query.get('key') ?? '');
      if (account) account.creditsLeft += Number(query.get('credits') ?? 1000);
      return sendReply(outgoing, { status: account ? 204 : 404, body: null });
    }
    case 'POST /revoke':
      state.revoked.add(query.get('key') ?? '');
      return sendReply(outgoing, { status: 204, body: null });
    case 'GET /service-account.json':
      return sendReply(outgoing, { status: 200, body: serviceAccountKey() });
    case 'GET /service-accounts.json':
      return sendReply(outgoing, { status: 200, body: serviceAccounts() });
    case 'POST /withdraw':
      state.grants.withdraw(query.get('provider') ?? undefined, query.get('account') ?? undefined);
      return sendReply(outgoing, { status: 204, body: null });
    case 'POST /end-access-tokens':
      state.grants.endAccessTokens(query.get('provider') ?? undefined);
      return sendReply(outgoing, { status: 204, body: null });
    default:
      return sendReply(outgoing, { status: 404, body: { message: 'Not found' } });
  }
}

export function reset(state: SandboxState): void {
  state.log.clear();
  state.limiter.clear();
  state.accounts.clear();
  state.failuresLeft.clear();
  state.revoked.clear();
  state.grants.clear();
  state.keys.clear();
}

function startPage(upstreams: readonly Upstream[], withCredits: readonly string[]): string {
  const keys = KEY_HELP.map(([key, what]) => `<tr><td><code>${key}</code></td><td>${what}</td></tr>`).join(
    '',
  );
  const places = upstreams
    .map((one) => `<tr><td>${one.slug}</td><td>${one.origin}</td><td><code>${one.target}</code></td></tr>`)
    .join('');
  const awsKeys = Object.entries(AWS_KEYS)
    .map(([id, key]) => {
      const token = 'token' in key ? key.token : '';
      return `<tr><td><code>${id}</code></td><td><code>${key.secret}</code></td><td><code>${token}</code></td></tr>`;
    })
    .join('');
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Keyrail sandbox</title>
<meta name="viewport" content="width=device-width"><style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}
td{padding:.2rem 1rem .2rem 0;vertical-align:top}code{font-size:.9em}</style></head><body>
<h1>Keyrail sandbox</h1><p>Stand-ins for the providers of the catalog: same paths, errors and rate limits as publicly documented, made-up answers.
Nothing leaves this machine.</p><h2>Keys</h2><p>The key's own text says how it behaves; put another integration's slug in place of <code>hunter</code>.</p>
<table>${keys}</table><p>Keys with credits are those of ${withCredits.join(', ')}; elsewhere
no credits are told of, and such keys are not accepted.</p><h2>Signing in</h2><p>As the one-time sign-in setup of ${SIGN_IN_NAMES} enter the client id
<code>${SANDBOX_CLIENT.id}</code> and the client secret <code>${SANDBOX_CLIENT.secret}</code>. Their pages ask for an email address and for no password.
A Google service account's key, for Google Sheets and BigQuery (project <code>keyrail-sandbox</code>): <a href="/service-account.json">service-account.json</a>.
What to enter for the other service accounts (Google Drive, Google Cloud, Azure, Snowflake, GitHub App, Salesforce, Databricks, App Store Connect):
<a href="/service-accounts.json">service-accounts.json</a>.</p>
<h2>AWS access keys</h2><table>${awsKeys}</table><p>Regions ${AWS_REGIONS.join(' and ')}; every signature is verified. Roles: ${Object.keys(
    AWS_ROLES,
  )
    .map((arn) => `<code>${arn}</code>`)
    .join(', ')}; <code>role/partner</code>
asks for the external ID <code>${AWS_EXTERNAL_ID}</code>.</p><h2>Where</h2><table>${places}</table><h2>For tests</h2>
<p><code>GET /calls?provider=&amp;key=&amp;path=</code> counts calls, <code>GET /calls/answered-twice</code> lists requests that succeeded more than once,
<code>POST /top-up?key=&amp;credits=</code> adds credits, <code>POST /revoke?key=</code> withdraws a key,
<code>POST /withdraw?provider=&amp;account=</code> a sign-in, <code>POST /end-access-tokens?provider=</code> ends tokens early, <code>POST /reset</code> forgets everything.</p></body></html>`;
}
