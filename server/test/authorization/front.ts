import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Listening, listenOn } from '../door.ts';

/** What the token endpoint does to one request instead of simply answering it. */
export type Fault =
  /** Answered without being acted on. */
  | { kind: 'answer'; status: number; body?: string; headers?: Record<string, string> }
  /** The connection ends without an answer; `acted`: after the request was carried out. */
  | { kind: 'drop'; acted: boolean }
  /** Carried out, and another answer is given in place of the real one. */
  | { kind: 'rewrite'; rewrite(answer: Record<string, unknown>): Partial<Answer> }
  /** `arrived` is called, and the request carried out only after `until`. */
  | { kind: 'hold'; arrived(): void; until: Promise<unknown> }
  /** The request is carried out, `acted` is called, and answered only after `until`. */
  | { kind: 'hold_answer'; acted(): void; until: Promise<unknown> }
  /** So long until it is carried out, and so long from then until it is answered. */
  | { kind: 'delay'; beforeMs: number; afterMs: number };

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

export interface TokenRequest {
  /** Milliseconds since 1970. */
  arrivedAt: number;
  /** When it was carried out; null: not yet, or never. */
  actedAt: number | null;
  /** Whose refresh token it brought. */
  accountId: string | null;
  /** It brought a refresh token that had been used before. */
  isReuse: boolean;
  grantType: string | null;
  clientId: string | null;
  /** How the client showed itself. */
  shownBy: 'basic' | 'post' | 'none';
  parameters: URLSearchParams;
  /** Of the real answer; null while it is under way, or where there was none. */
  status: number | null;
  error: string | null;
}

export interface Front extends Listening {
  tokenRequests: TokenRequest[];
  /** Faults for the token requests to come, one each. */
  faults: Fault[];
  /** Done to every token request for which no other fault is waiting. */
  always: Fault | null;
}

/** What the real server knows of a refresh token at this moment. */
export type Look = (refreshToken: string) => { accountId: string | null; isSpent: boolean };

/** Stands before the real server on its public port: counts token requests, and breaks those that it is told to. */
export async function frontOf(inner: () => number, look: Look, tokenBytes: number): Promise<Front> {
  const front: Pick<Front, 'tokenRequests' | 'faults' | 'always'> = {
    tokenRequests: [],
    faults: [],
    always: null,
  };
  const server = createServer({ maxHeaderSize: 65_536 }, async (incoming, response) => {
    try {
      const body = unpadded(incoming, await bodyOf(incoming));
      const isToken = incoming.method === 'POST' && incoming.url?.startsWith('/token') === true;
      const isRevocation = incoming.url?.startsWith('/token/') === true;
      if (!isToken || isRevocation) return send(response, await forward(inner(), incoming, body));
      await tokenRequest(front, { port: inner(), look, tokenBytes }, incoming, body, response);
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
  const listening = await listenOn(server);
  return Object.assign(front, listening);
}

async function tokenRequest(
  front: Pick<Front, 'tokenRequests' | 'faults' | 'always'>,
  { port, look, tokenBytes }: { port: number; look: Look; tokenBytes: number },
  incoming: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const noted = noteOf(incoming, body);
  noted.accountId = look(noted.parameters.get('refresh_token') ?? '').accountId;
  front.tokenRequests.push(noted);
  const fault = front.faults.shift() ?? front.always;
  if (fault?.kind === 'answer') {
    return send(response, { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? '' });
  }
  if (fault?.kind === 'drop' && !fault.acted) return void response.destroy();
  if (fault?.kind === 'hold') {
    fault.arrived();
    await fault.until;
  }
  if (fault?.kind === 'delay') await sleep(fault.beforeMs);
  noted.isReuse = look(noted.parameters.get('refresh_token') ?? '').isSpent;
  const answer = padded(await forward(port, incoming, body), tokenBytes);
  const json = parsed(answer.body);
  noted.actedAt = Date.now();
  noted.status = answer.status;
  noted.error = typeof json.error === 'string' ? json.error : null;
  if (fault?.kind === 'drop') return void response.destroy();
  if (fault?.kind === 'delay') await sleep(fault.afterMs);
  if (fault?.kind === 'hold_answer') {
    fault.acted();
    await fault.until;
  }
  send(response, fault?.kind === 'rewrite' ? { ...answer, ...fault.rewrite(json) } : answer);
}

/** A token is followed by this and as much as it lacks; the server behind never sees it. */
const PAD = '~';

function padded<Given extends Answer>(answer: Given, tokenBytes: number): Given {
  if (tokenBytes === 0) return answer;
  const json = Object.entries(parsed(answer.body)).map(([name, value]) =>
    /^(access|refresh)_token$/.test(name) ? [name, `${value}`.padEnd(tokenBytes, PAD)] : [name, value],
  );
  return { ...answer, body: JSON.stringify(Object.fromEntries(json)) };
}

function unpadded(incoming: IncomingMessage, body: Buffer): Buffer {
  const { authorization } = incoming.headers;
  if (authorization?.includes(PAD)) incoming.headers.authorization = authorization.replaceAll(PAD, '');
  return body.includes(PAD) ? Buffer.from(body.toString().replaceAll(PAD, '')) : body;
}

function noteOf(incoming: IncomingMessage, body: Buffer): TokenRequest {
  const text = body.toString();
  const isJson = incoming.headers['content-type']?.includes('json') === true;
  const parameters = new URLSearchParams(isJson ? (parsed(text) as Record<string, string>) : text);
  const basic = /^Basic (.+)$/i.exec(incoming.headers.authorization ?? '')?.[1];
  const user = basic === undefined ? null : decodeURIComponent(atob(basic).split(':')[0] ?? '');
  const shownBy = basic !== undefined ? 'basic' : parameters.has('client_secret') ? 'post' : 'none';
  return {
    arrivedAt: Date.now(),
    actedAt: null,
    accountId: null,
    isReuse: false,
    grantType: parameters.get('grant_type'),
    clientId: user ?? parameters.get('client_id'),
    shownBy,
    parameters,
    status: null,
    error: null,
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** As it came, with its Host: the server behind makes its own addresses of that. */
function forward(port: number, { method, url, headers }: IncomingMessage, body: Buffer) {
  return new Promise<Answer & { raw: string[] }>((resolve, reject) => {
    const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...kept } = headers;
    const options = { port, method, path: url, headers: { ...kept, 'content-length': body.length } };
    const sent = request(options, async (answer) => {
      const text = (await bodyOf(answer)).toString();
      resolve({ status: answer.statusCode ?? 500, headers: {}, body: text, raw: answer.rawHeaders });
    });
    sent.on('error', reject).end(body);
  });
}

const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

function send(response: ServerResponse, answer: Answer & { raw?: string[] }): void {
  const raw = answer.raw ?? [];
  for (let at = 0; at < raw.length; at += 2) {
    const [name, value] = [raw[at] ?? '', raw[at + 1] ?? ''];
    if (!OWN.has(name.toLowerCase())) response.appendHeader(name, value);
  }
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.writeHead(answer.status).end(answer.body);
}
