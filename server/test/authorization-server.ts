import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import Provider, { type AllClientMetadata, type Configuration } from 'oidc-provider';
import { type Fault, frontOf, type TokenRequest } from './authorization/front.ts';
import { type Known, memoryAdapter } from './authorization/memory-adapter.ts';
import { interaction } from './authorization/pages.ts';
import { type SignIn, signInAt } from './authorization/sign-in.ts';
import { listenOn } from './door.ts';

export interface AuthorizationServerOptions {
  /**
   * `strict`: every refresh gives a new refresh token, and one that comes back a second time ends the whole grant (RFC
   * 9700 §4.14.2). Default: the same refresh token for ever.
   */
  strict?: boolean;
  /** As `strict`, but the refresh token before the newest still gives a new one for so many seconds. */
  graceSeconds?: number;
  accessTokenSeconds?: number;
  refreshTokenSeconds?: number;
  scopes?: readonly string[];
  /** Tokens as long as that, as some that carry much in them. */
  tokenBytes?: number;
}

export interface AuthorizationServer {
  /** Also its origin: `http://127.0.0.1:<port>`; the address to allow is `127.0.0.1:<port>`. */
  issuer: string;
  port: number;
  authorizeUrl: string;
  tokenUrl: string;
  revokeUrl: string;
  /** An API of its own: `GET` with a Bearer token that is good → 200 `{id, name, scope}`, else 401. */
  apiUrl: string;
  /** What `GET {issuer}/api/accounts` lists for a person; nothing until said. */
  reaches(
    account: string,
    accounts: readonly { id: string; name: string; kind?: string; place?: string }[],
  ): void;
  /** Registers a client. PKCE is required of all. */
  addClient(client: NewClient): Promise<{ clientId: string; clientSecret: string }>;
  /** From now on the client is known by any of these secrets, and by no other. */
  takesSecrets(clientId: string, secrets: readonly string[]): void;
  /** A person who opens the address, signs in, and answers. Resolves to where they are sent back, which is not opened. */
  signIn(authorizationUrl: string, given?: SignIn): Promise<URL>;
  /** Every request to the token endpoint, in order. */
  tokenRequests: readonly TokenRequest[];
  /** Counts of what was asked, for each grant type. */
  counts(): Record<string, { requests: number; given: number; reuses: number }>;
  /** How many requests its API answered with this status. */
  apiAnswers(status: number): number;
  /** What is done to the next token requests, one fault each. */
  fail(...faults: Fault[]): void;
  /** What is done to all further ones; null: nothing more. */
  failAlways(fault: Fault | null): void;
  /** The person withdraws what they allowed: all their tokens are gone. All people's, when nobody is named. */
  withdraw(account?: string): void;
  /** How many tokens of this person are good. */
  lives(account: string): number;
  /** Access tokens end before their time; refresh tokens stay. */
  endAccessTokens(): void;
  close(): Promise<void>;
}

export interface NewClient {
  clientId?: string;
  clientSecret?: string;
  redirectUris?: readonly string[];
  authMethod?: 'client_secret_basic' | 'client_secret_post';
}

/** A real authorization server (`oidc-provider`) on a port of its own. */
export async function startAuthorizationServer(
  options: AuthorizationServerOptions = {},
): Promise<AuthorizationServer> {
  let innerPort = 0;
  const known: Known = new Map();
  const accounts = new Map<string, string | undefined>();
  const front = await frontOf(
    () => innerPort,
    (token) => ({
      accountId: accounts.get(token) ?? null,
      isSpent: known.get(`RefreshToken:${token}`)?.consumed !== undefined,
    }),
    options.tokenBytes ?? 0,
  );
  const issuer = `http://127.0.0.1:${front.port}`;
  const provider = new Provider(
    issuer,
    configurationOf(
      options,
      memoryAdapter(known, {
        graceSeconds: options.graceSeconds ?? null,
        onRefreshToken: (token, accountId) => void accounts.set(token, accountId),
      }),
    ),
  );
  const secretsOf = new Map<string, readonly string[]>();
  const compare = provider.Client.prototype.compareClientSecret;
  provider.Client.prototype.compareClientSecret = function (actual: string) {
    return secretsOf.get(this.clientId)?.includes(actual) ?? compare.call(this, actual);
  };
  const answers: number[] = [];
  const reached = new Map<string, readonly object[]>();
  const callback = provider.callback();
  const inner = await listenOn(
    createServer(async (incoming, response) => {
      if (incoming.url?.startsWith('/interaction/')) {
        await interaction(provider, incoming, response).catch((error) =>
          response.writeHead(400).end(String(error)),
        );
      } else if (incoming.url?.split('?')[0] === '/api/me') {
        const person = await whoseToken(provider, incoming.headers.authorization ?? '');
        answers.push(person === null ? 401 : 200);
        response.writeHead(person === null ? 401 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(person ?? { error: 'invalid_token' }));
      } else if (incoming.url === '/api/accounts') {
        const person = await whoseToken(provider, incoming.headers.authorization ?? '');
        response.writeHead(person === null ? 401 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ data: reached.get(person?.id ?? '') ?? [] }));
      } else await callback(incoming, response);
    }),
  );
  innerPort = inner.port;
  const forget = (matches: (key: string, accountId: string | undefined) => boolean) => {
    for (const [key, { accountId }] of known) if (matches(key, accountId)) known.delete(key);
  };
  return {
    issuer,
    port: front.port,
    authorizeUrl: `${issuer}/auth`,
    tokenUrl: `${issuer}/token`,
    revokeUrl: `${issuer}/token/revocation`,
    apiUrl: `${issuer}/api/me`,
    reaches: (account, list) => void reached.set(account, list),
    addClient: async (client) => addClient(known, client),
    takesSecrets: (clientId, secrets) => void secretsOf.set(clientId, secrets),
    signIn: (authorizationUrl, given = {}) => signInAt(issuer, authorizationUrl, given),
    tokenRequests: front.tokenRequests,
    counts: () => countsOf(front.tokenRequests),
    apiAnswers: (status) => answers.filter((answer) => answer === status).length,
    fail: (...faults) => void front.faults.push(...faults),
    failAlways: (fault) => {
      front.always = fault;
    },
    withdraw: (account) =>
      forget((key, of) => /^(Grant|AccessToken|RefreshToken):/.test(key) && (account ?? of) === of),
    lives: (account) =>
      [...known].filter(
        ([key, { accountId }]) => /^(AccessToken|RefreshToken):/.test(key) && accountId === account,
      ).length,
    endAccessTokens: () => forget((key) => /^(AccessToken|ClientCredentials):/.test(key)),
    close: async () => {
      await front.close();
      await inner.close();
    },
  };
}

function configurationOf(
  options: AuthorizationServerOptions,
  adapter: ReturnType<typeof memoryAdapter>,
): Configuration {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const life = options.accessTokenSeconds ?? 3600;
  return {
    adapter,
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'test' }] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    scopes: ['openid', 'offline_access', ...(options.scopes ?? ['contacts.read', 'contacts.write'])],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
      introspection: { enabled: true },
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: options.strict === true || options.graceSeconds !== undefined,
    pkce: { required: () => true },
    ttl: {
      AccessToken: life,
      ClientCredentials: life,
      RefreshToken: options.refreshTokenSeconds ?? 30 * 24 * 3600,
      AuthorizationCode: 60,
      IdToken: 3600,
      Interaction: 600,
      Session: 3600,
      Grant: 30 * 24 * 3600,
    },
    renderError: (ctx, out) => {
      ctx.type = 'json';
      ctx.body = JSON.stringify(out);
    },
  };
}

function addClient(
  known: Known,
  {
    clientId = `client-${randomBytes(6).toString('hex')}`,
    redirectUris = [],
    authMethod,
    clientSecret = `fake-client-secret-${randomBytes(12).toString('hex')}`,
  }: NewClient,
) {
  const metadata: AllClientMetadata = {
    client_id: clientId,
    client_secret: clientSecret,
    redirect_uris: redirectUris.length > 0 ? [...redirectUris] : ['https://nowhere.invalid/callback'],
    grant_types: ['authorization_code', 'refresh_token', 'client_credentials'],
    response_types: ['code'],
    token_endpoint_auth_method: authMethod ?? 'client_secret_basic',
    scope: undefined,
  };
  known.set(`Client:${clientId}`, metadata);
  return { clientId, clientSecret };
}

function countsOf(requests: readonly TokenRequest[]): ReturnType<AuthorizationServer['counts']> {
  const counts: ReturnType<AuthorizationServer['counts']> = {};
  for (const { grantType, status, isReuse } of requests) {
    const name = grantType ?? 'none';
    const of = counts[name] ?? { requests: 0, given: 0, reuses: 0 };
    counts[name] = of;
    of.requests += 1;
    if (status === 200) of.given += 1;
    // Within a grace it is no error.
    if (isReuse && status !== 200) of.reuses += 1;
  }
  return counts;
}

async function whoseToken(provider: Provider, header: string) {
  const token = /^Bearer (.+)$/i.exec(header)?.[1] ?? '';
  const access = await provider.AccessToken.find(token);
  if (access)
    return { id: access.accountId, name: `Account of ${access.accountId}`, scope: access.scope ?? '' };
  const credentials = await provider.ClientCredentials.find(token);
  if (!credentials) return null;
  return {
    id: credentials.clientId,
    name: `Application ${credentials.clientId}`,
    scope: credentials.scope ?? '',
  };
}
