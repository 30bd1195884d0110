import type { Reply } from '../request.ts';
import { escaped, xml } from './answers.ts';
import { AWS_ACCOUNT } from './keys.ts';
import { arnOf, type RoleSessions } from './sessions.ts';
import type { Verified } from './verify.ts';

interface Asked {
  body: string;
  isJson: boolean;
  nowMs: number;
  tokenSeconds: number | null;
}

const NAMESPACE = 'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"';

/** https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html */
export function sts(sessions: RoleSessions, verified: Verified, { body, isJson, ...time }: Asked): Reply {
  if (verified.kind === 'refused') return refused(403, verified.code, verified.message, isJson);
  if (verified.keyId.includes('THROTTLE')) return refused(400, 'Throttling', 'Rate exceeded', isJson);
  const asked = new URLSearchParams(body);
  switch (asked.get('Action')) {
    case 'GetCallerIdentity': {
      const session = sessions.get(verified.keyId);
      const result = {
        Account: AWS_ACCOUNT,
        Arn: session?.arn ?? arnOf(verified.keyId),
        UserId: `AIDA${verified.keyId.slice(4)}`,
      };
      return answered('GetCallerIdentity', result, isJson);
    }
    case 'GetAccessKeyInfo':
      return answered('GetAccessKeyInfo', { Account: AWS_ACCOUNT }, isJson);
    case 'AssumeRole': {
      const assumed = sessions.assume(verified.keyId, asked, time);
      if (assumed.kind === 'refused') return refused(assumed.status, assumed.code, assumed.message, isJson);
      const { keyId, secret, token, endsAtMs, arn } = assumed.session;
      const Credentials = {
        AccessKeyId: keyId,
        SecretAccessKey: secret,
        SessionToken: token,
        Expiration: new Date(endsAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      };
      return answered(
        'AssumeRole',
        { Credentials, AssumedRoleUser: { Arn: arn, AssumedRoleId: `AROA:${keyId}` } },
        isJson,
      );
    }
    default:
      return refused(400, 'InvalidAction', 'Could not find operation.', isJson);
  }
}

function answered(action: string, result: object, isJson: boolean): Reply {
  const whole = { [`${action}Result`]: result, ResponseMetadata: { RequestId: 'sandbox' } };
  return isJson
    ? { status: 200, body: { [`${action}Response`]: whole } }
    : xml(200, `<${action}Response ${NAMESPACE}>${elements(whole)}</${action}Response>`);
}

function elements(value: object): string {
  return Object.entries(value)
    .map(
      ([name, inner]) =>
        `<${name}>${typeof inner === 'object' ? elements(inner as object) : escaped(String(inner))}</${name}>`,
    )
    .join('');
}

function refused(status: number, code: string, message: string, isJson: boolean): Reply {
  return isJson
    ? { status, body: { Error: { Code: code, Message: message, Type: 'Sender' }, RequestId: 'sandbox' } }
    : xml(
        status,
        `<ErrorResponse ${NAMESPACE}><Error><Type>Sender</Type><Code>${code}</Code><Message>${escaped(message)}</Message></Error><RequestId>sandbox</RequestId></ErrorResponse>`,
      );
}
