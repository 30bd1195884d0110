import { pick } from '../people.ts';
import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { SandboxAccount, StandIn } from '../stand-in.ts';

// HeyReach public API: errors of the key are plain text without a content type.
export const heyreach: StandIn = {
  slug: 'heyreach',
  origin: 'https://api.heyreach.io',
  keyOf: (headers) => headers['x-api-key'] ?? null,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 300, perMs: 60_000 }] }),
  rejected: (key) => ({ status: 401, body: key === null ? 'Missing API key' : 'Invalid API key' }),
  throttled: () => ({ status: 429, body: 'Too many requests' }),
  outOfCredits: () => ({ status: 402, body: { errorMessage: 'Your plan has no seats left' } }),
  missingPermission: () => ({ status: 403, body: { errorMessage: 'This key may not do that' } }),
  errorInside: () => ({ status: 200, body: '<html><body>Sign in</body></html>' }),
  answer,
};

const CAMPAIGNS = ['Founders in France', 'Logistics Q4', 'Webinar follow-up'].map((name, index) => ({
  id: 5001 + index,
  name,
  status: ['IN_PROGRESS', 'PAUSED', 'DRAFT'][index],
}));
const ACCOUNTS = [
  { id: 301, firstName: 'Anna', lastName: 'Berg' },
  { id: 302, firstName: 'Omar', lastName: 'Haddad' },
];

function answer(request: SandboxRequest, _account: SandboxAccount): Reply {
  const { body, query } = request;
  switch (`${request.method} ${request.path.replace(/^\/api\/public/, '')}`) {
    case 'GET /auth/CheckApiKey':
      return { status: 200, body: null };
    case 'POST /campaign/GetAll':
      return page(CAMPAIGNS, body);
    case 'POST /li_account/GetAll':
      return page(ACCOUNTS, body);
    case 'GET /campaign/GetById': {
      const campaign = CAMPAIGNS.find((one) => String(one.id) === query.get('campaignId'));
      return campaign
        ? { status: 200, body: campaign }
        : { status: 404, body: { errorMessage: 'Campaign not found' } };
    }
    case 'POST /campaign/AddLeadsToCampaignV2':
      return addLeads(body);
    case 'POST /list/CreateEmptyList': {
      const name = textOf(body, 'name');
      if (name === '') return { status: 400, body: { errorMessage: 'The Name field is required.' } };
      return {
        status: 200,
        body: {
          id: 9000 + pick(name, 999),
          name,
          count: 0,
          listType: textOf(body, 'type') || 'USER_LIST',
          creationTime: '2026-11-20T09:00:00Z',
        },
      };
    }
    case 'POST /stats/GetOverallStats':
      return {
        status: 200,
        body: {
          byDayStats: {},
          overallStats: {
            messagesSent: 120,
            connectionsSent: 80,
            connectionsAccepted: 31,
            totalMessageReplies: 14,
          },
        },
      };
    default:
      return { status: 404, body: null };
  }
}

function addLeads(body: unknown): Reply {
  const pairs = memberOf(body, 'accountLeadPairs');
  const campaign = CAMPAIGNS.find((one) => String(one.id) === textOf(body, 'campaignId'));
  if (!Array.isArray(pairs) || pairs.length === 0)
    return { status: 400, body: { errorMessage: 'accountLeadPairs is required' } };
  if (campaign === undefined) return { status: 400, body: { errorMessage: 'Campaign not found' } };
  if (pairs.length > 100)
    return { status: 400, body: { errorMessage: 'At most 100 leads can be added at once' } };
  const good = pairs.filter((pair: unknown) => textOf(memberOf(pair, 'lead'), 'profileUrl') !== '');
  return {
    status: 200,
    body: {
      addedLeadsCount: good.length,
      updatedLeadsCount: 0,
      failedLeadsCount: pairs.length - good.length,
    },
  };
}

function page(items: readonly unknown[], body: unknown): Reply {
  const offset = Number(textOf(body, 'offset') || 0);
  const limit = Number(textOf(body, 'limit') || 10);
  if (limit > 100) return { status: 400, body: { errorMessage: 'limit must be at most 100' } };
  return { status: 200, body: { totalCount: items.length, items: items.slice(offset, offset + limit) } };
}
