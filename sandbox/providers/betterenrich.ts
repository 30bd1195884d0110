import { personAt, personOfEmail, pick, splitName, uuidOf } from '../people.ts';
import { type Reply, type SandboxRequest, textOf } from '../request.ts';
import type { SandboxAccount, StandIn } from '../stand-in.ts';

const POLLS_UNTIL_DONE = 2;

/** Submitted jobs live in this process: an id carries what was asked, so that any instance can answer it. */
interface Job {
  path: string;
  input: { full_name: string; company_domain: string; linkedinURL: string; email: string };
}

// https://betterenrich.readme.io
export const betterenrich: StandIn = {
  slug: 'betterenrich',
  origin: 'https://app.betterenrich.com',
  // The key is sent raw; with a Bearer word in front it is another, unknown key.
  keyOf: (headers) => headers.authorization ?? null,
  limitsOf: () => ({ group: 'all', windows: [{ calls: 10, perMs: 1000 }] }),
  rejected: () => ({ status: 401, body: { message: 'Unauthorized' } }),
  throttled: () => ({ status: 429, body: { message: 'Too many requests' } }),
  hasCredits: true,
  outOfCredits: () => ({ status: 403, body: { message: 'Insufficient credits' } }),
  missingPermission: () => ({ status: 401, body: { message: 'Unauthorized' } }),
  errorInside: () => ({ status: 200, body: { status: 'error', message: 'Something went wrong' } }),
  answer,
};

const PATHS = ['/find-work-email', '/find-mobile-phone-number', '/find-linkedin-by-email'];

function answer(request: SandboxRequest, account: SandboxAccount): Reply {
  const path = request.path.replace(/^\/api\/v1/, '');
  if (path === '/credits' && request.method === 'GET')
    return { status: 200, body: { totalCredit: account.creditsLeft } };
  if (!PATHS.includes(path)) return { status: 404, body: { message: 'Not found' } };
  if (request.method === 'POST') return submit(path, request);
  return result(path, request);
}

function submit(path: string, request: SandboxRequest): Reply {
  const field = (name: string) => textOf(request.body, name);
  const input = {
    full_name: field('full_name'),
    company_domain: field('company_domain'),
    linkedinURL: field('linkedinURL'),
    email: field('email'),
  };
  const isComplete =
    path === '/find-linkedin-by-email'
      ? input.email !== ''
      : input.linkedinURL !== '' || (input.full_name !== '' && input.company_domain !== '');
  if (!isComplete) return { status: 400, body: { message: 'Required fields are missing' } };
  const job: Job = { path, input };
  const id = `${uuidOf(JSON.stringify(job)).slice(0, 8)}.${Buffer.from(JSON.stringify(job)).toString('base64url')}`;
  return { status: 201, body: { id, message: 'Task submitted' }, costs: 1 };
}

function result(path: string, request: SandboxRequest): Reply {
  const id = request.query.get('id') ?? '';
  const job = readJob(id);
  if (job === null || job.path !== path) return { status: 404, body: { message: 'Task not found' } };
  if (request.times < 1 + pick(id, POLLS_UNTIL_DONE))
    return { status: 202, body: { id, status: 'processing' } };
  return { status: 200, body: { id, status: 'success', data: dataOf(job) } };
}

function readJob(id: string): Job | null {
  try {
    return JSON.parse(Buffer.from(id.split('.')[1] ?? '', 'base64url').toString('utf8')) as Job;
  } catch {
    return null;
  }
}

function dataOf({ path, input }: Job): Record<string, unknown> {
  const [first, last] = splitName(
    input.full_name || (/\/in\/([^/?]+)/.exec(input.linkedinURL)?.[1] ?? '').replaceAll('-', ' '),
  );
  const person =
    input.email !== ''
      ? personOfEmail(input.email)
      : personAt(first, last, input.company_domain || 'example.com');
  if (path === '/find-work-email') {
    return person.found
      ? { email: person.email, status: 'valid', verifier: 'Catch-all Verifier', ESP: 'Google Workspace' }
      : { email: null, status: 'not_found' };
  }
  if (path === '/find-mobile-phone-number') {
    return person.found
      ? { mobileNumber: person.phone, lineType: 'mobile', country: 'US', status: 'valid' }
      : { mobileNumber: null, status: 'not_found' };
  }
  return person.found
    ? {
        'Linkedin Profile Url': `https://www.linkedin.com/in/${person.linkedinHandle}`,
        Name: `${person.firstName} ${person.lastName}`,
        Title: person.title,
      }
    : {};
}
