import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { makeCertificate, type TestCertificate } from './certificate.ts';

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000);

/** The own authority of a company; its servers have certificates of it. */
export const company = {
  ...makeCertificate({ name: 'Company Root', validTo: inDays(900), isAuthority: true }),
  name: 'Company Root',
};
export const ofCompany = (name: string, days = 300): TestCertificate =>
  makeCertificate({ name, validTo: inDays(days), issuer: company });

export const TOKEN = 'fake-company-token-0001';

/**
 * A server inside of a company: takes its token, gives one to its client, and says whose certificate it was shown. `clients`:
 * the authority (PEM) whose certificates it takes instead of the token; where it is careless, any.
 */
export interface CompanyServer {
  origin: string;
  address: string;
  /** `GET /me token`, `POST /token` */
  seen: string[];
  close(): Promise<void>;
}

export async function startCompanyServer(
  shown: TestCertificate,
  clients?: string,
  { isCareless = false } = {},
): Promise<CompanyServer> {
  const seen: string[] = [];
  const asking = clients === undefined ? {} : { ca: clients, requestCert: true, rejectUnauthorized: false };
  const server = createServer({ ...shown, ...asking }, async (request, response) => {
    for await (const _ of request);
    const socket = request.socket as TLSSocket;
    const subject = String(socket.getPeerCertificate()?.subject?.CN ?? '');
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    seen.push(`${request.method} ${request.url} ${subject || token}`.trim());
    const answer = (status: number, json: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
    if (request.url === '/token') {
      return answer(200, { access_token: TOKEN, token_type: 'Bearer', expires_in: 3_600 });
    }
    if (clients === undefined ? token === TOKEN : socket.authorized || isCareless) {
      return answer(200, { name: subject || 'jane@company.example' });
    }
    answer(401, { error: `not known here: ${socket.authorizationError ?? 'no token'}` });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: `https://${address}`, address, seen, close };
}
