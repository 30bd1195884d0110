import { oneOf, uuidOf } from '../people.ts';
import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { SandboxAccount, StandIn } from '../stand-in.ts';

// https://developer.instantly.ai (OpenAPI of API v2): one error envelope, no rate-limit headers.
export const instantly: StandIn = {
  slug: 'instantly',
  origin: 'https://api.instantly.ai',
  keyOf: (headers) => /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? null,
  limitsOf: () => ({
    group: 'workspace',
    windows: [
      { calls: 100, perMs: 1000 },
      { calls: 6000, perMs: 60_000 },
    ],
  }),
  rejected: () => error(401, 'Unauthorized', 'Invalid API key'),
  throttled: () => error(429, 'Too Many Requests', 'Rate limit exceeded'),
  hasCredits: true,
  outOfCredits: () => error(402, 'Payment Required', 'The workspace does not have an active paid plan'),
  missingPermission: () => error(402, 'Payment Required', 'The workspace does not have an active paid plan'),
  errorInside: () => ({ status: 200, body: { error: 'Internal error' } }),
  answer,
};

const CAMPAIGNS = ['Founders in France', 'Logistics Q4', 'Webinar follow-up'].map((name, index) => ({
  id: uuidOf(name),
  name,
  status: index,
  timestamp_created: '2026-09-01T08:00:00.000Z',
}));

function answer(request: SandboxRequest, account: SandboxAccount): Reply {
  const { body, query, key } = request;
  switch (`${request.method} ${request.path.replace(/^\/api\/v2/, '')}`) {
    case 'GET /workspaces/current': {
      const owner = (key ?? '').replace(/^sandbox-instantly-/, '');
      return {
        status: 200,
        body: {
          id: uuidOf(key ?? ''),
          name: `Sandbox workspace (${owner})`,
          timestamp_created: '2026-01-01T00:00:00.000Z',
        },
      };
    }
    case 'GET /campaigns':
      return {
        status: 200,
        body: query.get('starting_after')
          ? { items: [] }
          : { items: CAMPAIGNS, next_starting_after: CAMPAIGNS.at(-1)?.id },
      };
    case 'POST /leads':
      return addLead(body);
    case 'POST /leads/add':
      return addLeads(body, account);
    case 'POST /leads/list': {
      const search = textOf(body, 'search');
      const items = search.includes('@')
        ? [{ id: uuidOf(search), email: search, first_name: 'Anna', last_name: 'Berg', status: 1 }]
        : [];
      return { status: 200, body: { items } };
    }
    case 'GET /campaigns/analytics':
      return { status: 200, body: CAMPAIGNS.map(analyticsOf) };
    case 'POST /email-verification':
      return paid(verified(textOf(body, 'email')));
    default:
      return request.method === 'GET' ? verificationAt(request.path) : notFound();
  }
}

/** What a verification came to, asked for by the address. */
function verificationAt(path: string): Reply {
  const email = /\/email-verification\/([^/]+)$/.exec(path)?.[1];
  return email === undefined ? notFound() : verified(decodeURIComponent(email));
}

function paid(reply: Reply): Reply {
  return reply.status === 200 ? { ...reply, costs: 1 } : reply;
}

function notFound(): Reply {
  return error(404, 'Not Found', 'Resource not found');
}

function addLead(body: unknown): Reply {
  const email = textOf(body, 'email');
  if (!email.includes('@')) return error(400, 'Bad Request', 'body must have a valid email');
  return {
    status: 200,
    body: {
      id: uuidOf(`lead ${email}`),
      email,
      campaign: textOf(body, 'campaign') || null,
      status: 1,
      timestamp_created: '2026-11-20T09:00:00.000Z',
    },
  };
}

function addLeads(body: unknown, account: SandboxAccount): Reply {
  const leads = memberOf(body, 'leads');
  const target = textOf(body, 'campaign_id') || textOf(body, 'list_id');
  if (!Array.isArray(leads) || target === '')
    return error(400, 'Bad Request', 'campaign_id or list_id, and leads are required');
  if (leads.length > 1000) return error(400, 'Bad Request', 'body/leads must NOT have more than 1000 items');
  const valid = leads.map((lead: unknown) => textOf(lead, 'email')).filter((email) => email.includes('@'));
  return {
    status: 200,
    body: {
      status: 'success',
      total_sent: leads.length,
      leads_uploaded: valid.length,
      duplicated_leads: 0,
      skipped_count: 0,
      invalid_email_count: leads.length - valid.length,
      remaining_in_plan: Math.min(account.creditsLeft, 25_000),
      created_leads: valid.map((email, index) => ({ index, id: uuidOf(`lead ${email}`), email })),
    },
  };
}

function verified(email: string): Reply {
  if (!email.includes('@')) return error(400, 'Bad Request', 'body/email must match format "email"');
  const verdict = oneOf(`verify ${email}`, ['verified', 'verified', 'verified', 'invalid']);
  return {
    status: 200,
    body: { email, status: 'success', verification_status: verdict, catch_all: false, credits_used: 1 },
  };
}

function analyticsOf(campaign: { id: string; name: string }, index: number) {
  const sent = 400 * (index + 1);
  return {
    campaign_id: campaign.id,
    campaign_name: campaign.name,
    leads_count: sent,
    contacted_count: sent,
    emails_sent_count: sent,
    open_count: sent / 4,
    reply_count: sent / 40,
    bounced_count: sent / 100,
  };
}

function error(status: number, name: string, message: string): Reply {
  return { status, body: { statusCode: status, error: name, message } };
}
