import { companyAt, domainOfCompany, personAt, personOfEmail, pick, splitName, uuidOf } from '../people.ts';
import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { SandboxAccount, StandIn } from '../stand-in.ts';

// https://docs.apollo.io/reference/status-codes and /rate-limits
export const apollo: StandIn = {
  slug: 'apollo',
  origin: 'https://api.apollo.io',
  keyOf: (headers) => headers['x-api-key'] ?? null,
  limitsOf: (path) => ({
    group: path,
    windows: [{ calls: /match|enrich/.test(path) ? 1000 : 200, perMs: 60_000 }],
  }),
  rejected: () => ({ status: 401, body: 'Invalid access credentials.' }),
  throttled: (seconds) => ({
    status: 429,
    headers: { 'retry-after': String(seconds), 'x-minute-requests-left': '0' },
    body: { message: 'The maximum number of api calls allowed for this endpoint is exceeded per minute.' },
  }),
  hasCredits: true,
  // What Apollo answers here is not documented; 402 is the usual word for it.
  outOfCredits: () => ({ status: 402, body: { error: 'You have used all credits of your plan.' } }),
  missingPermission: () => ({
    status: 403,
    body: {
      error:
        'This API key is not authorized to access this endpoint. Request an API key that includes it in its configured scope.',
      error_code: 'API_INACCESSIBLE',
    },
  }),
  errorInside: () => ({ status: 200, body: { healthy: true, is_logged_in: false } }),
  answer,
};

function answer(request: SandboxRequest, _account: SandboxAccount): Reply {
  const { method, path, query, body, key } = request;
  const route = `${method} ${path.replace(/^\/api\/v1/, '').replace(/\/[^/]+\/add_contact_ids$/, '/:id/add_contact_ids')}`;
  switch (route) {
    case 'GET /auth/health':
      return { status: 200, body: { healthy: true, is_logged_in: true } };
    case 'GET /users/api_profile':
      return {
        status: 200,
        body: {
          id: uuidOf(key ?? ''),
          email: `${(key ?? '').replace(/^sandbox-apollo-/, '')}@apollo.sandbox.example`,
        },
      };
    case 'POST /people/match':
      return matchPerson(query);
    case 'GET /organizations/enrich':
      return enrichCompany(query);
    case 'POST /mixed_people/api_search':
      return searchPeople(query);
    case 'POST /mixed_companies/search':
      return searchCompanies(query);
    case 'POST /contacts':
      return createContact(body);
    case 'POST /emailer_campaigns/:id/add_contact_ids': {
      const ids = query.getAll('contact_ids[]');
      return {
        status: 200,
        body: { contacts: ids.map((id) => ({ id, email: `${id}@example.com` })), skipped_contact_ids: {} },
      };
    }
    default:
      return { status: 404, body: { error: 'Not found' } };
  }
}

function matchPerson(query: URLSearchParams): Reply {
  const email = query.get('email');
  const [firstOfFull, lastOfFull] = splitName(query.get('name') ?? '');
  const organization = query.get('organization_name');
  const domain = query.get('domain') ?? (organization ? domainOfCompany(organization) : 'example.com');
  const handle = /\/in\/([^/?]+)/.exec(query.get('linkedin_url') ?? '')?.[1] ?? '';
  const [firstOfHandle, lastOfHandle] = splitName(handle.replaceAll('-', ' '));
  const first = query.get('first_name') ?? (firstOfFull || firstOfHandle);
  const last = query.get('last_name') ?? (lastOfFull || lastOfHandle);
  const person = email ? personOfEmail(email) : personAt(first, last, domain);
  const id = query.get('id') ?? uuidOf(person.email);
  if (!person.found)
    return { status: 200, body: { person: null, request_id: String(pick(person.email, 1e9)) } };
  const [city = '', country = ''] = [person.location.split(', ')[0], person.location.split(', ').at(-1)];
  const body = {
    id,
    first_name: person.firstName,
    last_name: person.lastName,
    name: `${person.firstName} ${person.lastName}`.trim(),
    title: person.title,
    email: email ?? person.email,
    email_status: 'verified',
    linkedin_url: `http://www.linkedin.com/in/${person.linkedinHandle}`,
    city,
    country,
    organization: companyBody(person.email.split('@')[1] ?? domain),
  };
  return { status: 200, body: { person: body, request_id: String(pick(person.email, 1e9)) }, costs: 1 };
}

function enrichCompany(query: URLSearchParams): Reply {
  const name = query.get('name');
  const website = query.get('website') ?? query.get('linkedin_url') ?? '';
  const domain =
    query.get('domain') ??
    (name ? domainOfCompany(name) : website.replace(/^https?:\/\/(www\.)?/, '').split('/')[0]) ??
    '';
  if (domain === '')
    return { status: 422, body: { error: 'Provide a domain, name, website or linkedin_url.' } };
  const organization = companyAt(domain).found ? companyBody(domain) : null;
  return { status: 200, body: { organization }, costs: organization ? 1 : 0 };
}

function companyBody(domain: string) {
  const company = companyAt(domain);
  return {
    id: uuidOf(`org ${domain}`),
    name: company.name,
    website_url: `http://www.${domain}`,
    primary_domain: domain,
    industry: company.industry.toLowerCase(),
    estimated_num_employees: company.employees,
    founded_year: company.founded,
    linkedin_url: `http://www.linkedin.com/company/${company.name.toLowerCase()}`,
  };
}

function searchPeople(query: URLSearchParams): Reply {
  const domain = query.getAll('q_organization_domains_list[]')[0] ?? 'example.com';
  const people = ['Anna Berg', 'Omar Haddad', 'Lucie Martin'].map((name) => {
    const [first, last] = splitName(name);
    const person = personAt(first, last, domain);
    return {
      id: uuidOf(person.email),
      first_name: first,
      last_name_obfuscated: `${last[0]}***`,
      title: person.title,
      has_email: person.found,
      organization: { name: companyAt(domain).name },
    };
  });
  return { status: 200, body: { total_entries: people.length, people } };
}

function searchCompanies(query: URLSearchParams): Reply {
  const name = query.get('q_organization_name');
  const domains = query.getAll('q_organization_domains_list[]');
  const wanted = domains.length > 0 ? domains : [name ? domainOfCompany(name) : 'example.com'];
  const organizations = wanted.map(companyBody);
  return {
    status: 200,
    body: {
      organizations,
      pagination: { page: 1, per_page: 10, total_entries: organizations.length, total_pages: 1 },
    },
    costs: 1,
  };
}

function createContact(body: unknown): Reply {
  const name = `${textOf(body, 'first_name')} ${textOf(body, 'last_name')}`.trim();
  if (name === '' || memberOf(body, 'first_name') === undefined)
    return { status: 422, body: { error: 'first_name is required' } };
  const contact = {
    id: uuidOf(`contact ${name} ${textOf(body, 'email')}`),
    name,
    email_status: 'unavailable',
    owner_id: uuidOf('owner'),
    account_id: uuidOf(textOf(body, 'organization_name')),
  };
  return { status: 200, body: { contact } };
}
