import { memberOf, type Reply, type SandboxRequest, textOf } from '../request.ts';

const RESOURCES = 'https://cloudresourcemanager.googleapis.com';
const TRANSLATION = 'https://translation.googleapis.com';
const LANGUAGE = 'https://language.googleapis.com';
const STORAGE = 'https://storage.googleapis.com';
export const GOOGLE_CLOUD: readonly string[] = [RESOURCES, TRANSLATION, LANGUAGE, STORAGE];
const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';

const PROJECT = {
  name: 'projects/123456789012',
  projectId: 'keyrail-sandbox',
  displayName: 'Keyrail sandbox',
  parent: 'organizations/1',
  state: 'ACTIVE',
  createTime: '2026-01-01T00:00:00Z',
};

/** Parts of four services, with the reasons of google/api/error_reason.proto. */
export function answerGoogleCloud(request: SandboxRequest): Reply {
  if (!(request.grant?.scopes ?? [SCOPE]).includes(SCOPE))
    return failed(403, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT', 'Request had insufficient authentication scopes.');
  switch (request.origin) {
    case RESOURCES:
      return resources(request);
    case TRANSLATION:
      return translation(request);
    case LANGUAGE:
      return language(request);
    default:
      return storage(request);
  }
}

function resources({ path }: SandboxRequest): Reply {
  if (path === '/v3/projects:search') return { status: 200, body: { projects: [PROJECT] } };
  const [, id = ''] = /^\/v3\/projects\/([^/]+)$/.exec(path) ?? [];
  if (id === 'keyrail-sandbox') return { status: 200, body: PROJECT };
  if (id === 'keyrail-deleted')
    return failed(403, 'CONSUMER_INVALID', 'Project #210987654321 has been deleted.');
  return failed(
    403,
    'IAM_PERMISSION_DENIED',
    `Permission 'resourcemanager.projects.get' denied on resource '//cloudresourcemanager.googleapis.com/projects/${id}' (or it may not exist).`,
  );
}

function translation({ body }: SandboxRequest): Reply {
  const [text, target] = [textOf(body, 'q'), textOf(body, 'target')];
  if (target === 'xx') return failed(400, 'INVALID_ARGUMENT', 'Invalid Value');
  if (/unpaid/.test(text))
    return failed(
      403,
      'BILLING_DISABLED',
      'This API method requires billing to be enabled. Please enable billing on project #123456789012.',
    );
  const source = textOf(body, 'source');
  const said = {
    translatedText: `[${target}] ${text}`,
    ...(source === '' && { detectedSourceLanguage: 'en' }),
  };
  return { status: 200, body: { data: { translations: [said] } } };
}

function language({ body }: SandboxRequest): Reply {
  const text = textOf(memberOf(body, 'document'), 'content');
  if (/disabled/.test(text))
    return failed(
      403,
      'SERVICE_DISABLED',
      'Cloud Natural Language API has not been used in project 123456789012 before or it is disabled.',
    );
  const score = /bad|sad/.test(text) ? -0.8 : 0.7;
  return {
    status: 200,
    body: { documentSentiment: { magnitude: 0.8, score }, language: 'en', sentences: [] },
  };
}

function storage({ path, query }: SandboxRequest): Reply {
  const [, bucket = ''] = /^\/storage\/v1\/b\/([^/]+)\/o$/.exec(path) ?? [];
  if (bucket !== 'sandbox-invoices') return failed(404, 'notFound', 'The specified bucket does not exist.');
  const prefix = query.get('prefix') ?? '';
  const items = ['2026/11/a.pdf', '2026/12/b.pdf']
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({ kind: 'storage#object', name, size: '1234', updated: '2026-11-01T09:00:00Z' }));
  return { status: 200, body: { kind: 'storage#objects', ...(items.length > 0 && { items }) } };
}

function failed(code: number, reason: string, message: string): Reply {
  const status = code === 403 ? 'PERMISSION_DENIED' : code === 404 ? 'NOT_FOUND' : 'INVALID_ARGUMENT';
  const details = [
    { '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason, domain: 'googleapis.com', metadata: {} },
  ];
  return { status: code, body: { error: { code, message, status, details } } };
}
