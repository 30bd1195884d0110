import { answerXml } from '../catalog/answers/answer-xml.ts';
import { readPath } from '../catalog/answers/path.ts';
import type { AwsAccessKeyMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { Clock } from '../lib/clock.ts';
import { Secret } from '../lib/secret.ts';
import { filledAddress } from '../oauth/addresses.ts';
import { isRecord, parseTokenBody, type TokenBody } from '../oauth/token-body.ts';
import { askOnce, type TokenEndpoint, type TokenOutcome, withoutToken } from '../oauth/token-endpoint.ts';
import { readError } from '../oauth/token-error.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Outbound } from '../outbound/call.ts';
import { literalCredential } from '../outbound/credential-source.ts';
import type { Minted } from '../tokens/mint.ts';
import type { CredentialFields } from './authenticator.ts';
import { awsSigner } from './aws-access-key.ts';
import { fill } from './placement.ts';
import { sessionKeysText } from './session-keys.ts';

interface Deps {
  outbound: Pick<Outbound, 'call'>;
  clock: Clock;
}

/** `fields`: what was entered and is no secret. */
export function takesRole(
  { assumeRole }: Pick<AwsAccessKeyMethod, 'assumeRole'>,
  fields: Readonly<Record<string, string>>,
): boolean {
  return assumeRole !== undefined && (fields.role_arn ?? '') !== '';
}

/**
 * AssumeRole, asked for once and signed with the key: temporary keys of the role, kept as the token.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
 */
export async function assumeRole(
  deps: Deps,
  of: {
    workspaceId: string;
    definition: Pick<Definition, 'connectionFields'>;
    method: AwsAccessKeyMethod;
    fields: Readonly<Record<string, string>>;
  },
  values: CredentialFields,
): Promise<TokenOutcome> {
  const role = of.method.assumeRole;
  const url = role === undefined ? null : filledAddress(of.definition, role.url, of.fields);
  if (role === undefined || url === null) return NO_ADDRESS;
  const asked = parametersOf(role, values);
  const signer = awsSigner(
    { service: 'sts', region: role.region, payload: 'hashed', escapePath: 'twice' },
    values,
  );
  return askOnce(deps, {
    workspaceId: of.workspaceId,
    request: {
      method: 'POST',
      url: url.endsWith('/') ? url : `${url}/`,
      headers: { accept: 'application/xml', 'content-type': 'application/x-www-form-urlencoded' },
      body: asked.toString(),
    },
    credential: literalCredential({ version: 1, ...signer }),
    read: (answer) => {
      const body = bodyOf(bodyText(answer));
      const endpoint = { ...ENDPOINT, tokenErrors: role.tokenErrors, tokenWords: role.tokenWords };
      const grant = { kind: 'client_credentials', scope: '' } as const;
      const failed = readError({ endpoint, grant, hasOurTime: true }, answer, body, deps.clock.now());
      if (failed !== null) return failed;
      const minted = mintedIn(body, Number(asked.get('DurationSeconds')), deps.clock.now());
      return minted === null ? withoutToken() : { kind: 'minted', minted, account: null };
    },
  });
}

function parametersOf(
  role: NonNullable<AwsAccessKeyMethod['assumeRole']>,
  values: CredentialFields,
): URLSearchParams {
  const entered = values.reveal();
  const seconds = /^\d{1,6}$/.test(entered.duration_seconds ?? '')
    ? (entered.duration_seconds ?? '')
    : String(role.durationSeconds);
  return new URLSearchParams({
    Action: 'AssumeRole',
    Version: '2011-06-15',
    RoleArn: entered.role_arn ?? '',
    RoleSessionName: entered.session_name || fill(role.sessionName, values),
    DurationSeconds: seconds,
    ...(entered.external_id ? { ExternalId: entered.external_id } : {}),
  });
}

/** XML, as its documentation has it; what stands in front of it may answer in JSON. */
function bodyOf(text: string): TokenBody {
  const value = answerXml(text, []) ?? parseTokenBody(text);
  return isRecord(value) ? value : null;
}

const CREDENTIALS = 'AssumeRoleResponse.AssumeRoleResult.Credentials';

/** `askedSeconds`: how long they were asked for; where our clock is wrong, that is nearer the truth than their end. */
function mintedIn(body: TokenBody, askedSeconds: number, now: Date): Minted | null {
  const found = body === null ? undefined : readPath(body, CREDENTIALS);
  if (!isRecord(found)) return null;
  const accessKeyId = textOf(found.AccessKeyId);
  const secretAccessKey = textOf(found.SecretAccessKey);
  const sessionToken = textOf(found.SessionToken);
  if (accessKeyId === null || secretAccessKey === null || sessionToken === null) return null;
  const until = Math.floor((Date.parse(String(found.Expiration)) - now.getTime()) / 1_000);
  const isBelieved = until > 0 && until <= askedSeconds;
  return {
    accessToken: new Secret(sessionKeysText({ accessKeyId, secretAccessKey, sessionToken })),
    refreshToken: null,
    expiresInSeconds: isBelieved ? until : askedSeconds,
    refreshExpiresInSeconds: null,
    grantEndsInSeconds: null,
    scopes: null,
    fields: {},
  };
}

/** What may stand in a header line. */
function textOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\x21-\x7e]{1,16384}$/.test(value) ? value : null;
}

const ENDPOINT: Omit<TokenEndpoint, 'tokenErrors'> = {
  tokenRequestBody: 'form',
  tokenAuthMethod: 'none',
  tokenParams: {},
  tokenHeaders: {},
  tokenErrorPaths: ['ErrorResponse.Error.Code', 'Error.Code'],
  refresh: 'none',
};

const NO_ADDRESS = {
  kind: 'not_now',
  because: 'provider_error',
  mayHaveHappened: false,
  retryAfterSeconds: null,
  words: 'The address for temporary keys cannot be made from what was entered.',
} as const;
