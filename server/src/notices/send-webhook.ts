import { createHmac } from 'node:crypto';
import type { webhookMessage } from '@keyrail/contract/notices';
import type { z } from 'zod';
import type { Secret } from '../lib/secret.ts';
import type { Sent } from './delivery.ts';
import type { Content } from './message.ts';
import { type PostDeps, post } from './post.ts';

interface Receiver {
  url: string;
  /** The current one, and, while it still counts, the one before. */
  secrets: readonly Secret<string>[];
}

type Body = z.input<typeof webhookMessage>;

/**
 * One message as Standard Webhooks has it (https://www.standardwebhooks.com): `id` is the same at every attempt, so that a
 * receiver who has seen it can tell; the time and with it the signature are those of the attempt.
 */
export async function sendWebhook(
  deps: PostDeps,
  { url, secrets }: Receiver,
  id: string,
  content: Content,
): Promise<Sent> {
  const body = JSON.stringify(bodyOf(content));
  const timestamp = String(Math.floor(deps.clock.now().getTime() / 1000));
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': secrets.map((secret) => signature(secret, id, timestamp, body)).join(' '),
  };
  const { workspaceId } = content;
  const came = await post(deps, { workspaceId, url, isSecretUrl: false, headers, body }, { text: false });
  return came.kind === 'answered' ? judge(came.status, came.retryAfterSeconds) : came;
}

function signature(secret: Secret<string>, id: string, timestamp: string, body: string): string {
  const key = Buffer.from(secret.reveal().replace(/^whsec_/, ''), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** A redirect is not followed, and no success: the message is for the address that was entered. */
function judge(status: number, retryAfterSeconds: number | null): Sent {
  const answer = status >= 300 && status < 400 ? `${status} (a redirect is not followed)` : String(status);
  if (status >= 200 && status < 300) return { kind: 'delivered', answer };
  if (status === 410) return { kind: 'gone', answer };
  return { kind: 'later', answer, retryAfterSeconds };
}

function bodyOf({ noticeId, workspaceId, kind, subject, title, message, at, url }: Content): Body {
  return {
    type: typeOf(kind, subject),
    timestamp: at.toISOString(),
    data: { notice_id: noticeId, workspace_id: workspaceId, subject, title, message, url },
  };
}

function typeOf(kind: Content['kind'], subject: Content['subject']): Body['type'] {
  if (kind === null || subject === null) return 'test';
  return `${subject.kind}.${kind}` as Body['type'];
}
