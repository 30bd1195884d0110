import type { KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { decodeProtectedHeader, type JWTPayload, jwtVerify } from 'jose';
import type { Clock } from '../src/lib/clock.ts';

/** The token it gives, and a part of temporary keys that are no good. */
export const GIVEN = 'fake-given-token-0001';
export const TEMPORARY = 'fake-temporary-secret-0001';

/** A server that verifies what was signed with `jose`, and gives a token for it. Its clock is the one it is given. */
export interface Verifier {
  origin: string;
  port: number;
  tokenUrl: string;
  expected: { key: KeyObject; algorithm: string };
  /** The last JWT that was verified. */
  seen: { jwt: string; header: object; payload: JWTPayload } | null;
  close(): Promise<void>;
}

export async function startVerifier(clock: Clock): Promise<Verifier> {
  const self = { seen: null } as unknown as Verifier;
  const http = createServer((request, response) => {
    response.setHeader('date', clock.now().toUTCString());
    answer(request, response).catch(() =>
      json(response, 401, { error: 'invalid_client', error_description: 'this signature is not known' }),
    );
  });

  async function verified(jwt: string): Promise<void> {
    const { key, algorithm } = self.expected;
    const { payload } = await jwtVerify(jwt, key, {
      algorithms: [algorithm],
      requiredClaims: ['iat', 'exp'],
      maxTokenAge: 120,
      currentDate: clock.now(),
    });
    self.seen = { jwt, header: decodeProtectedHeader(jwt), payload };
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += chunk;
    const carried = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const body = new URLSearchParams(text);
    switch (request.url) {
      case '/token': {
        await verified(body.get('assertion') ?? body.get('client_assertion') ?? '');
        const isIdToken = self.seen?.payload.target_audience !== undefined;
        return json(
          response,
          200,
          isIdToken ? { id_token: GIVEN } : { access_token: GIVEN, expires_in: 3600 },
        );
      }
      case '/sts/':
        // Without a session token.
        response.writeHead(200, { 'content-type': 'application/xml' });
        return void response.end(
          `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAFAKE</AccessKeyId><SecretAccessKey>${TEMPORARY}</SecretAccessKey></Credentials></AssumeRoleResult></AssumeRoleResponse>`,
        );
      case '/exchange':
        await verified(carried);
        return json(response, 201, { data: { token: GIVEN } });
      default:
        if (carried !== GIVEN) await verified(carried);
        return json(response, 200, { name: 'Acme' });
    }
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  return Object.assign(self, {
    origin,
    port,
    tokenUrl: `${origin}/token`,
    close: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
