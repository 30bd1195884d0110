import { uuidOf } from '../people.ts';
import { memberOf, type Reply, textOf } from '../request.ts';
import type { RoleSessions } from './sessions.ts';
import type { Verified } from './verify.ts';

const VERIFIED_DOMAIN = 'acme.example';

/** https://docs.aws.amazon.com/ses/latest/APIReference-V2/Welcome.html: the code stands in a header, the words in the body. */
export function ses(
  sessions: RoleSessions,
  verified: Verified,
  method: string,
  target: string,
  text: string,
): Reply {
  if (verified.kind === 'refused') return failed(403, verified.code, verified.message);
  if (verified.keyId.includes('THROTTLE')) return failed(429, 'TooManyRequestsException', 'Rate exceeded');
  const path = decodeURIComponent(new URL(target, 'http://ses').pathname);
  const isLimited =
    verified.keyId.includes('LIMITED') || sessions.get(verified.keyId)?.role.endsWith('/limited');
  if (isLimited === true)
    return failed(
      403,
      'AccessDeniedException',
      `User: ${sessions.get(verified.keyId)?.arn ?? verified.keyId} is not authorized to perform: ses:GetAccount on resource: *`,
    );
  if (method === 'GET' && path === '/v2/email/account') return ok(ACCOUNT);
  if (method === 'POST' && path === '/v2/email/outbound-emails') return send(text);
  const [, identity] = /^\/v2\/email\/identities\/(.+)$/.exec(path) ?? [];
  if (method === 'GET' && identity !== undefined)
    return identity.endsWith(VERIFIED_DOMAIN)
      ? ok({
          IdentityType: identity.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN',
          VerifiedForSendingStatus: true,
          VerificationStatus: 'SUCCESS',
          DkimAttributes: { Status: 'SUCCESS', SigningEnabled: true },
        })
      : failed(404, 'NotFoundException', `Email identity ${identity} does not exist.`);
  const [, address] = /^\/v2\/email\/suppression\/addresses\/(.+)$/.exec(path) ?? [];
  if (method === 'GET' && address !== undefined)
    return address.startsWith('bounced')
      ? ok({
          SuppressedDestination: { EmailAddress: address, Reason: 'BOUNCE', LastUpdateTime: 1_790_000_000 },
        })
      : failed(404, 'NotFoundException', `Email address ${address} does not exist on your suppression list.`);
  return failed(404, 'NotFoundException', 'Not found');
}

const ACCOUNT = {
  DedicatedIpAutoWarmupEnabled: false,
  Details: { MailType: 'TRANSACTIONAL', WebsiteURL: 'https://acme.example' },
  EnforcementStatus: 'HEALTHY',
  ProductionAccessEnabled: true,
  SendQuota: { Max24HourSend: 50_000, MaxSendRate: 14, SentLast24Hours: 120 },
  SendingEnabled: true,
};

function send(text: string): Reply {
  const body = parsed(text);
  const from = textOf(body, 'FromEmailAddress');
  const simple = memberOf(memberOf(body, 'Content'), 'Simple');
  if (!from.replace(/>$/, '').endsWith(`@${VERIFIED_DOMAIN}`))
    return failed(
      400,
      'MessageRejected',
      `Email address is not verified. The following identities failed the check in region EU-CENTRAL-1: ${from}`,
    );
  if (textOf(memberOf(simple, 'Subject'), 'Data') === '' || memberOf(simple, 'Body') === undefined)
    return failed(400, 'BadRequestException', 'Body and subject are required.');
  if (/quota/.test(text)) return failed(429, 'TooManyRequestsException', 'Daily message quota exceeded.');
  return ok({ MessageId: `0107${uuidOf(text)}-000000` });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function ok(body: unknown): Reply {
  return { status: 200, body };
}

function failed(status: number, code: string, message: string): Reply {
  return { status, body: { message }, headers: { 'x-amzn-errortype': code } };
}
