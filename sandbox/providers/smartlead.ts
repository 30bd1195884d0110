import { personOfEmail, pick } from '../people.ts';
import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { SandboxAccount, StandIn } from '../stand-in.ts';

// https://api.smartlead.ai/guides/rate-limits (Pro plan) and /authentication
export const smartlead: StandIn = {
  slug: 'smartlead',
  origin: 'https://server.smartlead.ai',
  keyOf: (_, query) => query.get('api_key'),
  limitsOf: () => ({
    group: 'all',
    windows: [
      { calls: 20, perMs: 1000 },
      { calls: 120, perMs: 60_000 },
      { calls: 3000, perMs: 3_600_000 },
    ],
  }),
  rejected: () => error(401, 'UNAUTHORIZED', 'Invalid or missing API key'),
  throttled: (seconds) => ({
    ...error(429, 'RATE_LIMIT_EXCEEDED', 'Too many requests'),
    headers: { 'retry-after': String(seconds), 'x-ratelimit-limit': '120', 'x-ratelimit-remaining': '0' },
  }),
  outOfCredits: () => error(402, 'PAYMENT_REQUIRED', 'Your lead limit is used up'),
  missingPermission: () => error(403, 'FORBIDDEN', 'Your plan does not include API access'),
  errorInside: () => ({ status: 200, body: '<p>Something went wrong</p>' }),
  answer,
};

const CAMPAIGNS = ['Founders in France', 'Logistics Q4', 'Webinar follow-up'].map((name, index) => ({
  id: 1001 + index,
  name,
  status: ['ACTIVE', 'PAUSED', 'DRAFTED'][index],
  created_at: '2026-09-01T08:00:00.000Z',
  client_id: null,
}));

function answer(request: SandboxRequest, _account: SandboxAccount): Reply {
  const path = request.path.replace(/^\/api\/v1/, '');
  const campaign = /^\/campaigns\/(\d+)\/(leads|status|analytics)$/.exec(path);
  if (campaign !== null) return campaignCall(request, Number(campaign[1]), campaign[2] ?? '');
  switch (`${request.method} ${path}`) {
    case 'GET /campaigns/':
    case 'GET /campaigns':
      return { status: 200, body: CAMPAIGNS };
    case 'POST /campaigns/create': {
      const name = textOf(request.body, 'name');
      if (name === '') return error(400, 'VALIDATION_ERROR', '"name" is not allowed to be empty');
      return {
        status: 200,
        body: { ok: true, id: 2000 + pick(name, 8000), name, created_at: '2026-11-20T09:00:00.000Z' },
      };
    }
    case 'GET /leads/':
    case 'GET /leads':
      return leadByEmail(request.query.get('email') ?? '');
    default:
      return error(404, 'NOT_FOUND', 'Not found');
  }
}

function campaignCall(request: SandboxRequest, id: number, what: string): Reply {
  if (!CAMPAIGNS.some((campaign) => campaign.id === id)) return error(404, 'NOT_FOUND', 'Campaign not found');
  if (request.method === 'POST' && what === 'leads') return addLeads(request.body, id);
  if (request.method === 'POST' && what === 'status') {
    const isKnown = ['START', 'PAUSED', 'STOPPED'].includes(textOf(request.body, 'status'));
    return isKnown
      ? { status: 200, body: { ok: true } }
      : error(400, 'VALIDATION_ERROR', '"status" must be one of [START, PAUSED, STOPPED]');
  }
  if (request.method === 'GET' && what === 'analytics') {
    return {
      status: 200,
      body: {
        id,
        sent_count: 400,
        unique_sent_count: 380,
        open_count: 120,
        click_count: 12,
        reply_count: 16,
        bounce_count: 4,
        unsubscribed_count: 2,
        total_count: 400,
        campaign_lead_stats: { total: 400, completed: 300 },
      },
    };
  }
  return error(404, 'NOT_FOUND', 'Not found');
}

function addLeads(body: unknown, id: number): Reply {
  const leads = memberOf(body, 'lead_list');
  if (!Array.isArray(leads) || leads.length === 0)
    return error(400, 'VALIDATION_ERROR', '"lead_list" is required');
  if (leads.length > 400)
    return error(400, 'VALIDATION_ERROR', '"lead_list" must contain less than or equal to 400 items');
  const emails = leads.map((lead: unknown) => textOf(lead, 'email'));
  const valid = emails.filter((email) => email.includes('@'));
  const unique = new Set(valid);
  return {
    status: 200,
    body: {
      ok: true,
      upload_count: unique.size,
      total_leads: 400 + (id % 7) + unique.size,
      duplicate_count: valid.length - unique.size,
      invalid_email_count: emails.length - valid.length,
    },
  };
}

function leadByEmail(email: string): Reply {
  const person = personOfEmail(email);
  if (!email.includes('@') || !person.found) return { status: 200, body: {} };
  return {
    status: 200,
    body: {
      id: String(pick(email, 1e9)),
      first_name: person.firstName,
      last_name: person.lastName,
      email,
      company_name: null,
      lead_campaign_data: [{ campaign_id: 1001, campaign_name: 'Founders in France' }],
    },
  };
}

function error(status: number, code: string, message: string): Reply {
  return { status, body: { success: false, error: { code, message } } };
}
