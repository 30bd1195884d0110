import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A tool that somebody has at home: a key in `x-acme-key` (or as described), `GET /me`, `GET /people?name=`. */
export interface Crm {
  origin: string;
  port: number;
  /** Every request that arrived. */
  seen: { method: string; url: string; headers: IncomingHttpHeaders; body: string }[];
  close(): Promise<void>;
}

const find = {
  name: 'find',
  label: 'Find e-mail',
  method: 'GET',
  path: '/people',
  query: { name: '{name}' },
  inputs: [{ name: 'name', label: 'Name', type: 'full_name', is_required: true }],
  outputs: [{ name: 'email', label: 'E-mail', type: 'email', path: 'person.email' }],
  is_repeatable: true,
};

export const crm = { key: 'fake-acme-key-0001', find };

/** As somebody describes it who has its manual. */
export function described(origin: string, more: object = {}): object {
  return {
    name: 'Acme CRM',
    base_url: origin,
    auth: { type: 'header', headers: [{ name: 'X-Acme-Key' }] },
    check: { path: '/me', account_path: 'email' },
    actions: [find],
    ...more,
  };
}

/** Accepts its key wherever it is sent: header, parameter, bearer, or as either half of basic. */
export async function startCrm(key = crm.key): Promise<Crm> {
  const seen: Crm['seen'] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const { method = '', url = '', headers } = request;
    seen.push({ method, url, headers, body });
    const { pathname, searchParams } = new URL(url, 'http://crm.example');
    const basic = Buffer.from((headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    const given = [
      headers['x-acme-key'],
      searchParams.get('api_key'),
      (headers.authorization ?? '').replace(/^Bearer /, ''),
      ...basic.split(':'),
    ];
    const answer = (status: number, json: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    if (pathname === '/redirect')
      return response.writeHead(302, { location: 'http://169.254.169.254/' }).end();
    if (!given.includes(key)) return answer(401, { error: `no such key: ${given[0] ?? ''}` });
    if (pathname === '/me') return answer(200, { email: 'jane@acme.example', echoed: key, ok: true });
    if (pathname === '/echo') return answer(200, { headers, body, url });
    if (pathname !== '/people') return answer(404, { error: 'nothing here' });
    const name = searchParams.get('name') ?? '';
    return name === 'Nobody'
      ? answer(200, { person: null })
      : answer(200, { person: { email: `${name.toLowerCase()}@acme.example` } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    seen,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
