import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Canaries, formsOf } from './canary.ts';

/** A provider that repeats what it is sent, in every form it can think of, in good answers and bad ones. */
export function careless(canaries: Canaries) {
  return createServer(async (request, response) => {
    if (request.url === '/token') return carelessTokens(canaries, request, response);
    const key = String(request.headers['x-api-key'] ?? '');
    const [scheme, shown = ''] = (request.headers.authorization ?? '').split(' ');
    const basic = scheme === 'Bearer' ? '' : shown;
    const bearer = scheme === 'Bearer' ? shown : '';
    const sent = `${key}${bearer}${Buffer.from(basic, 'base64').toString('utf8').replace('jane:', '')}`;
    const echo = [
      request.url,
      request.headers.authorization,
      ...formsOf(sent).flatMap(([form, text]) => (form === 'in JSON in JSON' ? [] : text)),
    ].join(' ');
    const verdict = sent.includes('good') ? 200 : sent.includes('down') ? 503 : 401;
    const status = request.url?.includes('fail') ? 400 : verdict;
    if (sent.endsWith('html'))
      return void response.writeHead(200, { 'content-type': 'text/html' }).end(`<p>${echo}`);
    const headers = {
      'content-type': 'application/json',
      'x-echo': encodeURIComponent(sent),
      location: `/?k=${encodeURIComponent(sent)}`,
    };
    // Upper case, and not all of it: no list of forms has this one, only whoever reads the JSON.
    const spelled = [...sent]
      .map((one, at) => (at % 2 && /\w/.test(one) ? one : `\\u${hex4(one).toUpperCase()}`))
      .join('');
    const body = { echo, email: 'jane@acme.example', error: { message: echo } };
    const text = JSON.stringify(body).replace('{', `{"spelled":"${status === 200 ? spelled : ''}",`);
    response.writeHead(status, headers).end(text);
  });
}

/** Its token endpoint: tokens for a good code; for any other all it was sent, in every form, as its words. */
async function carelessTokens(
  { plant, know }: Canaries,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let body = '';
  for await (const part of request) body += part;
  const sent = [...new URLSearchParams(body).values()];
  const isGood = sent.some((one) => one.endsWith('good'));
  const isDown = sent.some((one) => one.endsWith('down'));
  response.writeHead(isGood ? 200 : isDown ? 503 : 400, { 'content-type': 'application/json' });
  const verifier = new URLSearchParams(body).get('code_verifier');
  if (verifier) know('verifier', verifier);
  const words = sent.flatMap((one) => formsOf(one).map(([, text]) => text)).join(' ');
  const failed = { error: 'invalid_grant', error_description: words, message: body };
  const tokens = () => ({
    access_token: plant('access token', 'good'),
    refresh_token: plant('refresh token'),
    expires_in: 3600,
    scope: 'read',
  });
  response.end(JSON.stringify(isGood ? tokens() : failed));
}

function hex4(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(4, '0');
}

/** Its catalog file: every kind of method, and a list and an action that repeat. */
export function parrot(port: number): object {
  const field = (name: string, secret: boolean) => ({ name, label: name, secret });
  return {
    slug: 'parrot',
    name: 'Parrot',
    category: 'Test',
    description: 'Repeats what it hears.',
    homepage: 'https://parrot.example',
    docs_url: 'https://parrot.example/docs',
    icon: { text: 'P', color: '#123456' },
    base_url: `http://127.0.0.1:${port}`,
    auth: [
      {
        type: 'api_key',
        fields: [field('api_key', true)],
        send: [
          { in: 'header', name: 'X-Api-Key', value: '{api_key}' },
          { in: 'query', name: 'token', value: '{api_key}' },
        ],
        key_help: { location: 'Settings', url: 'https://parrot.example/keys' },
      },
      {
        type: 'basic',
        fields: [field('user', false), field('password', true)],
        username: '{user}',
        password: '{password}',
      },
      {
        type: 'oauth2',
        authorize_url: `http://127.0.0.1:${port}/authorize`,
        token_url: `http://127.0.0.1:${port}/token`,
        scopes: ['read'],
      },
      {
        type: 'service_account',
        id: 'jwt',
        kind: 'jwt_bearer',
        label: 'Key file',
        fields: [
          field('client_id', false),
          { ...field('private_key', true), kind: 'file' },
          { ...field('passphrase', true), required: false },
        ],
        token_url: `http://127.0.0.1:${port}/token`,
        assertion: { issuer: '{client_id}', lifetime_seconds: 60 },
      },
    ],
    connection_fields: [
      {
        name: 'flock',
        label: 'Flock',
        methods: ['jwt'],
        required: false,
        listed_from: { request: { method: 'GET', path: '/flocks' }, value: 'id', label: 'name' },
      },
    ],
    probe: { request: { method: 'GET', path: '/me' }, account: { label: 'email' } },
    actions: [
      {
        name: 'repeat',
        label: 'Repeat',
        description: 'Says it again.',
        primary: true,
        request: { method: 'GET', path: '/say/{word}' },
        inputs: [{ name: 'word', label: 'Word', type: 'text', required: true }],
        outputs: [
          { name: 'echo', label: 'Echo', type: 'text', path: 'echo', primary: true },
          { name: 'spelled', label: 'Spelled', type: 'text', path: 'spelled' },
        ],
        repeatable: true,
      },
    ],
    sources: [{ at: 'a test', for: ['auth'] }],
    checked: '2026-01-01',
  };
}
