import { oneOf, pick, uuidOf } from '../people.ts';
import { memberOf, ownerOf, type Reply, type SandboxRequest, textOf } from '../request.ts';

export const DRIVE = 'https://www.googleapis.com';
const SCOPES = ['drive', 'drive.file'].map((name) => `https://www.googleapis.com/auth/${name}`);

/** https://developers.google.com/workspace/drive/api/reference/rest/v3 */
export function answerDrive(request: SandboxRequest): Reply {
  const { method, path, query, body } = request;
  const granted = request.grant?.scopes ?? SCOPES;
  if (!SCOPES.some((scope) => granted.includes(scope)))
    return failed(403, 'insufficientPermissions', 'Request had insufficient authentication scopes.');
  const rest = path.replace('/drive/v3', '');
  if (method === 'GET' && rest === '/about') {
    const owner = ownerOf('google-sheets', request);
    const user = {
      kind: 'drive#user',
      emailAddress: owner,
      permissionId: String(pick(owner, 4_000_000_000)),
    };
    return { status: 200, body: { user } };
  }
  if (method === 'GET' && rest === '/files') {
    const search = query.get('q') ?? '';
    return { status: 200, body: { files: /nothing/.test(search) ? [] : [file(uuidOf(search))] } };
  }
  if (method === 'POST' && rest === '/files')
    return {
      status: 200,
      body: { ...file(uuidOf(JSON.stringify(body))), name: textOf(body, 'name') || 'Untitled' },
    };
  const [, id = '', part = ''] = /^\/files\/([^/]+)(?:\/(copy|permissions))?$/.exec(rest) ?? [];
  if (id === '' || id === 'missing') return failed(404, 'notFound', `File not found: ${id}.`);
  if (method === 'GET' && part === '') return { status: 200, body: file(id) };
  if (method === 'POST' && part === 'copy')
    return { status: 200, body: { ...file(uuidOf(id)), name: textOf(body, 'name') || 'Copy of Offer' } };
  if (method === 'POST' && part === 'permissions' && memberOf(body, 'emailAddress') !== undefined)
    return {
      status: 200,
      body: { id: String(pick(id, 99_999_999)), type: 'user', role: textOf(body, 'role') },
    };
  return failed(400, 'badRequest', 'Bad Request');
}

function file(id: string): object {
  return {
    id,
    name: oneOf(id, ['Offer', 'Invoice', 'Plan']),
    mimeType: 'application/pdf',
    size: String(pick(id, 999_999)),
    modifiedTime: '2026-11-01T09:00:00.000Z',
    webViewLink: `https://drive.google.com/file/d/${id}/view`,
    owners: [{ emailAddress: 'anna@acme.example' }],
  };
}

function failed(code: number, reason: string, message: string): Reply {
  return {
    status: code,
    body: { error: { code, message, errors: [{ message, domain: 'global', reason }] } },
  };
}
