import {
  companyAt,
  domainOfCompany,
  oneOf,
  personAt,
  personOfEmail,
  pick,
  splitName,
  uuidOf,
} from '../people.ts';
import type { Reply, SandboxRequest } from '../request.ts';
import type { RateWindow, SandboxAccount, StandIn } from '../stand-in.ts';

// https://hunter.io/api-documentation/v2
const FAST: readonly RateWindow[] = [
  { calls: 15, perMs: 1000 },
  { calls: 500, perMs: 60_000 },
];
const VERIFIER: readonly RateWindow[] = [
  { calls: 10, perMs: 1000 },
  { calls: 300, perMs: 60_000 },
];

export const hunter: StandIn = {
  slug: 'hunter',
  origin: 'https://api.hunter.io',
  keyOf: (headers, query) =>
    headers['x-api-key'] ??
    query.get('api_key') ??
    /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ??
    null,
  limitsOf: (path) => ({ group: path, windows: path === '/v2/email-verifier' ? VERIFIER : FAST }),
  rejected: (key) =>
    key === null
      ? error(401, 'authentication_failed', 'No API key was provided.')
      : error(401, 'authentication_failed', 'No user found for the API key supplied'),
  throttled: () => error(403, 'too_many_requests', 'You have reached the rate limit.'),
  hasCredits: true,
  outOfCredits: () =>
    error(
      429,
      'too_many_requests',
      "You've reached the limit for the number of searches per billing period included in your plan.",
    ),
  missingPermission: () => error(403, 'no_discover_access', "Your plan doesn't include Discover access."),
  errorInside: () => ({ ...error(200, 'internal_error', 'Something went wrong on our end.') }),
  answer,
};

function answer(request: SandboxRequest, account: SandboxAccount): Reply {
  const { path, query } = request;
  if (request.method !== 'GET') return error(404, 'not_found', 'The requested resource does not exist.');
  switch (path) {
    case '/v2/account':
      return accountInfo(request.key ?? '', account);
    case '/v2/email-finder':
      return findEmail(request);
    case '/v2/email-verifier':
      return verifyEmail(request);
    case '/v2/domain-search':
      return searchDomain(query);
    case '/v2/people/find':
      return findPerson(query);
    case '/v2/companies/find':
      return findCompany(query);
    default:
      return error(404, 'not_found', 'The requested resource does not exist.');
  }
}

function accountInfo(key: string, account: SandboxAccount): Reply {
  const searches = { used: account.creditsUsed, available: account.creditsUsed + account.creditsLeft };
  const owner = key.replace(/^sandbox-hunter-/, '');
  return ok({
    first_name: 'Sandbox',
    last_name: 'Account',
    email: `${owner}@hunter.sandbox.example`,
    plan_name: 'Growth',
    plan_level: 2,
    reset_date: '2027-01-01',
    team_id: 1 + pick(key, 9999),
    requests: { searches, verifications: searches },
    calls: searches,
  });
}

function findEmail({ query, times }: SandboxRequest): Reply {
  const handle = query.get('linkedin_handle') ?? '';
  const [firstOfFull, lastOfFull] = splitName(query.get('full_name') ?? handle.replaceAll('-', ' '));
  const first = query.get('first_name') ?? firstOfFull;
  const last = query.get('last_name') ?? lastOfFull;
  const company = query.get('company');
  const domain = query.get('domain') ?? (company ? domainOfCompany(company) : handle ? 'example.com' : '');
  if (domain === '') return error(400, 'wrong_params', 'You are missing the domain or company parameter');
  if (first === '')
    return error(
      400,
      'wrong_params',
      'You are missing the first_name and last_name parameters, or full_name',
    );
  if (!domain.includes('.')) return error(400, 'invalid_domain', 'The supplied domain name is invalid');
  const person = personAt(first, last, domain);
  const seed = person.email;
  if (pick(`claimed ${seed}`, 200) === 0)
    return error(451, 'claimed_email', 'The person behind this email asked us not to process it.');
  if (times === 1 && pick(`later ${seed}`, 25) === 0)
    return { status: 202, body: { data: null, meta: { params: {} } } };
  return ok(
    {
      first_name: first,
      last_name: last,
      email: person.found ? person.email : null,
      score: person.found ? person.score : null,
      domain,
      accept_all: false,
      position: person.found ? person.title : null,
      twitter: null,
      linkedin_url: person.found ? `https://www.linkedin.com/in/${person.linkedinHandle}` : null,
      phone_number: null,
      company: companyAt(domain).name,
      sources: person.found
        ? [
            {
              domain,
              uri: `https://${domain}/team`,
              extracted_on: '2026-01-15',
              last_seen_on: '2026-10-02',
              still_on_page: true,
            },
          ]
        : [],
      verification: {
        date: person.found ? '2026-11-01' : null,
        status: person.found ? oneOf(seed, ['valid', 'valid', 'valid', 'accept_all']) : null,
      },
    },
    person.found ? 1 : 0,
  );
}

function verifyEmail({ query, times }: SandboxRequest): Reply {
  const email = query.get('email') ?? '';
  if (email === '') return error(400, 'wrong_params', 'You are missing the email parameter');
  if (!/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email))
    return error(400, 'invalid_email', 'The supplied email is invalid');
  if (times === 1 && pick(`verify ${email}`, 20) === 0)
    return { status: 202, body: { data: { status: null }, meta: {} } };
  const status = oneOf(`status ${email}`, [
    'valid',
    'valid',
    'valid',
    'accept_all',
    'invalid',
    'unknown',
  ] as const);
  return ok(
    {
      status,
      result: status === 'valid' ? 'deliverable' : status === 'invalid' ? 'undeliverable' : 'risky',
      score: status === 'valid' ? 95 : status === 'invalid' ? 5 : 60,
      email,
      regexp: true,
      gibberish: false,
      disposable: false,
      webmail: /@(gmail|outlook)\./.test(email),
      mx_records: status !== 'invalid',
      smtp_server: status !== 'invalid',
      smtp_check: status === 'valid',
      accept_all: status === 'accept_all',
      block: false,
      sources: [],
    },
    1,
  );
}

function searchDomain(query: URLSearchParams): Reply {
  const company = query.get('company');
  const domain = query.get('domain') ?? (company ? domainOfCompany(company) : '');
  if (domain === '') return error(400, 'wrong_params', 'You are missing the domain parameter');
  const names = [
    ['Anna', 'Berg'],
    ['Omar', 'Haddad'],
    ['Lucie', 'Martin'],
    ['Kenji', 'Sato'],
  ] as const;
  const people = companyAt(domain).found ? names.map(([first, last]) => personAt(first, last, domain)) : [];
  const emails = people.map((person) => ({
    value: person.email,
    type: 'personal',
    confidence: person.score,
    sources: [],
    first_name: person.firstName,
    last_name: person.lastName,
    position: person.title,
    linkedin: null,
    phone_number: null,
    verification: { date: '2026-11-01', status: 'valid' },
  }));
  const data = {
    domain,
    disposable: false,
    webmail: false,
    accept_all: false,
    pattern: '{first}.{last}',
    organization: companyAt(domain).name,
    emails,
  };
  return {
    status: 200,
    body: { data, meta: { results: emails.length, limit: 10, offset: 0 } },
    costs: emails.length > 0 ? 1 : 0,
  };
}

function findPerson(query: URLSearchParams): Reply {
  const email =
    query.get('email') ?? `${(query.get('linkedin_handle') ?? '').replaceAll('-', '.')}@example.com`;
  if (email.startsWith('@'))
    return error(400, 'wrong_params', 'You are missing the email or linkedin_handle parameter');
  const person = personOfEmail(email);
  if (!person.found) return error(404, 'not_found', 'This person was not found.');
  const company = companyAt(email.split('@')[1] ?? '');
  return ok(
    {
      id: uuidOf(email),
      name: {
        fullName: `${person.firstName} ${person.lastName}`.trim(),
        givenName: person.firstName,
        familyName: person.lastName,
      },
      email,
      location: person.location,
      employment: { domain: company.domain, name: company.name, title: person.title },
      linkedin: { handle: person.linkedinHandle },
      phone: null,
    },
    1,
  );
}

function findCompany(query: URLSearchParams): Reply {
  const domain = query.get('domain') ?? '';
  if (domain === '') return error(400, 'wrong_params', 'You are missing the domain parameter');
  const company = companyAt(domain);
  if (!company.found) return error(404, 'not_found', 'This company was not found.');
  return ok(
    {
      id: uuidOf(domain),
      name: company.name,
      domain,
      category: { industry: company.industry, sector: company.industry },
      description: `${company.name} is a company in ${company.location}.`,
      foundedYear: company.founded,
      location: company.location,
      metrics: {
        employees: company.employees > 1000 ? '1001-5000' : company.employees > 50 ? '51-1000' : '11-50',
      },
      tech: ['cloudflare', 'react'],
    },
    1,
  );
}

function ok(data: unknown, costs = 0): Reply {
  return { status: 200, body: { data, meta: {} }, costs };
}

function error(status: number, id: string, details: string): Reply {
  return { status, body: { errors: [{ id, code: status, details }] } };
}
