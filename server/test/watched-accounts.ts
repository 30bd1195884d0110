import { generateKeyPairSync, randomBytes } from 'node:crypto';
import aws4 from 'aws4';
import jsonwebtoken, { type Algorithm, type JwtPayload } from 'jsonwebtoken';
import { makeCertificate } from './certificate.ts';
import { movableClock } from './clock.ts';
import { type Reply, startWatchedTools, type Watched, type WatchedTools } from './watched-tools.ts';

// Tools that know service accounts, for one test file. What comes is verified by other implementations than ours: aws4 1.13.2
// makes each signature anew, jsonwebtoken 9.0.3 reads each JWT.

export const HOUR_MS = 3_600_000;
export const clock = movableClock();
export const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
export const pemOf = (key: typeof rsa.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
export const RSA_PEM = pemOf(rsa.privateKey);

export const ROBOT_AT_SALESFORCE = {
  login_host: 'login.salesforce.com',
  client_id: 'consumer-key-0001',
  username: 'robot@acme.example',
  private_key: RSA_PEM,
};

/** A JWT as another library reads it: header and claims, signature and times verified. */
export function read(token: string, key: typeof rsa.publicKey, algorithm: Algorithm, at = clock.now()) {
  const clockTimestamp = Math.floor(at.getTime() / 1_000);
  const verified = jsonwebtoken.verify(token, key, {
    algorithms: [algorithm],
    complete: true,
    clockTimestamp,
  });
  return { header: verified.header, claims: verified.payload as JwtPayload };
}

/** Without what is another at each time. */
export function lasting({ iat: _, exp: __, nbf: ___, jti: ____, ...claims }: JwtPayload): object {
  return claims;
}

export const bearerOf = ({ headers }: Watched) =>
  /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';

// --- AWS: keys with secrets, and a role that may be taken on by one of them.
export const AWS = 'https://sts.eu-central-1.amazonaws.com';
export const S3 = 'https://s3.eu-central-1.amazonaws.com';
export const ROLE = 'arn:aws:iam::123456789012:role/keyrail';
export const USER_KEY = { id: 'AKIAFAKEUSER00000001', secret: 'watchedSecretUser/0001+abcdefghijklmnopq' };
export const awsKeys = new Map<string, { secret: string; token?: string; endsAt?: number }>([
  [USER_KEY.id, { secret: USER_KEY.secret }],
]);

/** The signature made anew by aws4 of what came; null: it is the same, else the code AWS would answer with. */
function awsProblem(request: Watched, service: string): string | null {
  const { authorization = '', host: _, 'x-forwarded-host': host = '', ...headers } = request.headers;
  const [, id = '', names = ''] = /Credential=([^/]+)\/.*SignedHeaders=([^,]+),/.exec(authorization) ?? [];
  const key = awsKeys.get(id);
  if (key === undefined) return 'InvalidClientTokenId';
  if (key.endsAt !== undefined && key.endsAt <= clock.now().getTime()) return 'ExpiredToken';
  const signed = names.split(';').filter((name) => name !== 'host');
  const toSign = {
    host,
    service,
    region: 'eu-central-1',
    method: request.method,
    path: request.path,
    body: request.body,
    headers: Object.fromEntries(signed.map((name) => [name, headers[name] ?? ''])),
    extraHeadersToIgnore: { 'content-length': true },
  };
  const theirs = aws4.sign(toSign, {
    accessKeyId: id,
    secretAccessKey: key.secret,
    ...(key.token ? { sessionToken: key.token } : {}),
  }).headers?.Authorization;
  return theirs?.toString() === authorization ? null : 'SignatureDoesNotMatch';
}

export const awsError = (status: number, code: string, message: string) => ({
  status,
  body: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
});

function sts(request: Watched): Reply {
  const problem = awsProblem(request, 'sts');
  if (problem !== null)
    return awsError(403, problem, 'The security token included in the request is invalid.');
  const { form } = request;
  if (form.get('Action') !== 'AssumeRole') {
    const Arn = `${ROLE.replace(':iam:', ':sts:').replace('role', 'assumed-role')}/keyrail`;
    return {
      status: 200,
      body: {
        GetCallerIdentityResponse: { GetCallerIdentityResult: { Arn, Account: '123456789012', UserId: 'x' } },
      },
    };
  }
  if (form.get('RoleArn') !== ROLE || form.get('ExternalId') !== 'external-0001') {
    const words = `User: arn:aws:iam::123456789012:user/u is not authorized to perform: sts:AssumeRole on resource: ${form.get('RoleArn')}`;
    return awsError(403, 'AccessDenied', words);
  }
  const id = `ASIAWATCHED${randomBytes(5).toString('hex').toUpperCase().slice(0, 9)}`;
  const secret = randomBytes(30).toString('base64');
  const token = randomBytes(120).toString('base64');
  const endsAt = clock.now().getTime() + Number(form.get('DurationSeconds')) * 1_000;
  awsKeys.set(id, { secret, token, endsAt });
  return {
    status: 200,
    body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials><AccessKeyId>${id}</AccessKeyId><SecretAccessKey>${secret}</SecretAccessKey><SessionToken>${token}</SessionToken><Expiration>${new Date(endsAt).toISOString()}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
  };
}

// --- The others. Each token is the number of the answer it came in, so that it can be told which one is in use.
let tokensGiven = 0;
const lastGiven = new Map<string, string>();
function nextToken(prefix: string): string {
  tokensGiven += 1;
  const token = `${prefix}-${tokensGiven}-${'0'.repeat(20)}`;
  lastGiven.set(prefix, token);
  return token;
}
/** The token that was given last under this prefix is refused from now on. */
export const endLast = (prefix: string) => ended.add(lastGiven.get(prefix) ?? '');
export const ended = new Set<string>();
const isGood = (request: Watched) => bearerOf(request) !== '' && !ended.has(bearerOf(request));
export const GOOGLE = 'https://oauth2.googleapis.com';
export const DRIVE = 'https://www.googleapis.com';
export const ENTRA = 'https://login.microsoftonline.com';
export const AZURE = 'https://management.azure.com';
export const GITHUB = 'https://api.github.com';
export const GHES = 'https://github.acme.example';
export const FLEET = 'https://fleet.example';
export const SNOWFLAKE = 'https://acme-robots.eu-central-1.snowflakecomputing.com';
export const APPLE = 'https://api.appstoreconnect.apple.com';
export const SALESFORCE = 'https://login.salesforce.com';
export const ORG = 'https://acme.my.salesforce.com';
/** What the next request to an origin is answered with, in place of what it says otherwise. */
export const instead = new Map<string, Reply>();
/** Origins that refuse, and say again what was sent. */
export const echoes = new Set<string>();
const unless = (origin: string, otherwise: (request: Watched) => Reply) => (request: Watched) => {
  if (!echoes.has(origin)) return instead.get(origin) ?? otherwise(request);
  const { form } = request;
  const words = `no: ${form.get('client_assertion') ?? form.get('assertion') ?? bearerOf(request)}`;
  return { status: 401, body: { error: 'invalid_client', error_description: words, message: words } };
};

const ACCOUNTS = Array.from({ length: 130 }, (_, index) => ({
  id: 1_000 + index,
  account: { login: `acme-${index}`, type: 'Organization' },
  suspended_at: index === 3 ? '2026-01-01T00:00:00Z' : null,
}));

function github(request: Watched): Reply {
  const { pathname, searchParams } = new URL(request.path, GITHUB);
  if (pathname === '/app/installations') {
    read(bearerOf(request), rsa.publicKey, 'RS256');
    const page = Number(searchParams.get('page'));
    return { status: 200, body: ACCOUNTS.slice((page - 1) * 100, page * 100) };
  }
  if (pathname.endsWith('/access_tokens')) {
    read(bearerOf(request), rsa.publicKey, 'RS256');
    const expires_at = new Date(clock.now().getTime() + HOUR_MS).toISOString();
    const permissions = { contents: 'read', issues: 'write' };
    return { status: 201, body: { token: nextToken('ghs'), expires_at, permissions } };
  }
  if (!isGood(request)) return { status: 401, body: { message: 'Bad credentials', status: '401' } };
  return { status: 200, body: { repositories: [{ owner: { login: 'acme-1' } }] } };
}

// --- What is entered for several of them.
const validTo = new Date(Date.now() + 300 * 86_400_000);
const { cert } = makeCertificate({
  name: 'keyrail',
  validTo,
  privateKey: rsa.privateKey,
  issuer: { ...makeCertificate({ name: 'Authority', validTo, isAuthority: true }), name: 'Authority' },
});
export const TENANT = '11111111-2222-3333-4444-555555555555';
export const CLIENT = '99999999-8888-7777-6666-555555555555';
export const CERTIFIED = { tenant_id: TENANT, client_id: CLIENT, certificate: cert, private_key: RSA_PEM };
export const APP = { client_id: 'Iv23liWATCHED0000001', private_key: RSA_PEM };
export const TEAM = { issuer_id: 'issuer-0001', key_id: '2X9R4HXF34', private_key: pemOf(ec.privateKey) };

/** All of them behind one port, at the time of `clock`. */
export const startWatchedAccounts = (): Promise<WatchedTools> =>
  startWatchedTools(
    {
      [AWS]: unless(AWS, sts),
      [S3]: (request) => {
        const problem = awsProblem(request, 's3');
        const list = '<ListAllMyBucketsResult><Owner><ID>x</ID></Owner><Buckets/></ListAllMyBucketsResult>';
        return problem === null
          ? { status: 200, body: list }
          : {
              status: problem === 'ExpiredToken' ? 400 : 403,
              body: `<Error><Code>${problem}</Code></Error>`,
            };
      },
      [GOOGLE]: unless(GOOGLE, () => ({
        status: 200,
        body: { access_token: nextToken('ya29'), expires_in: 3_599, token_type: 'Bearer' },
      })),
      [DRIVE]: () => ({ status: 200, body: { user: { emailAddress: 'r@acme.example', permissionId: '1' } } }),
      [ENTRA]: unless(ENTRA, () => ({
        status: 200,
        body: { access_token: nextToken('eyJ'), expires_in: 3_599, token_type: 'Bearer' },
      })),
      [AZURE]: () => ({ status: 200, body: { value: [{ displayName: 'Acme' }] } }),
      [GITHUB]: unless(GITHUB, github),
      [GHES]: (request) => github({ ...request, path: request.path.replace('/api/v3', '') }),
      [FLEET]: unless(FLEET, () => ({ status: 200, body: { data: [] } })),
      [SNOWFLAKE]: unless(SNOWFLAKE, () => ({ status: 200, body: { data: [['ROBOT', 'ACME', 'R']] } })),
      [APPLE]: unless(APPLE, () => ({ status: 200, body: { data: [] } })),
      [SALESFORCE]: unless(SALESFORCE, () => ({
        status: 200,
        body: { access_token: nextToken('00D'), instance_url: ORG, token_type: 'Bearer' },
      })),
      [ORG]: (request) =>
        isGood(request)
          ? { status: 200, body: { DailyApiRequests: { Max: 1 } } }
          : {
              status: 401,
              body: [{ errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }],
            },
    },
    clock,
  );
