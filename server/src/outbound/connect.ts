import { connect as connectTcp, type Socket } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { buildConnector } from 'undici';
import { canonicalAddress } from './addresses.ts';
import type { OwnTls } from './credential-source.ts';
import { type GuardPolicy, mayConnect } from './guard.ts';
import type { UnreachableCause } from './outcome.ts';
import type { Resolve } from './resolve.ts';

/** More addresses than any provider has; the rest are not tried. */
const MAX_ADDRESSES = 16;
const MIN_VERSION = 'TLSv1.2' as const;

/** Why there is no connection; nothing of the request has left us. */
export class ConnectFailure extends Error {
  readonly failure: 'denied' | UnreachableCause;

  constructor(failure: 'denied' | UnreachableCause, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'ConnectFailure';
    this.failure = failure;
  }
}

export interface ConnectDeps {
  policy: GuardPolicy;
  resolve: Resolve;
  connectTimeoutMs: number;
  /** Certificates the operator trusts beside the public ones (PEM). */
  extraCa: readonly string[];
  /** What these sockets show of themselves and whom they believe; the other side is judged no less strictly for it. */
  own?: OwnTls | undefined;
}

type Connector = buildConnector.connector;
type Target = buildConnector.Options;

/**
 * Makes the connections of all pools. A hook in the look-up alone is no guard (a literal address is never looked
 * up), so the address is checked when it is chosen, pinned for the connection, and compared with the socket's end.
 */
export function guardedConnector(deps: ConnectDeps): Connector {
  let context: SecureContext | undefined;
  const trust = () => {
    context ??= contextOf(deps);
    return context;
  };
  return (target, callback) => {
    openConnection(deps, trust, target).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

async function openConnection(
  deps: ConnectDeps,
  trust: () => SecureContext,
  target: Target,
): Promise<Socket | TLSSocket> {
  const deadline = performance.now() + deps.connectTimeoutMs;
  const secure = target.protocol === 'https:';
  const port = Number(target.port) || (secure ? 443 : 80);
  const addresses = await checkedAddresses(deps, target.hostname, port);
  const socket = await firstConnected(addresses, port, deadline);
  if (!isPinned(deps.policy, socket, addresses, port)) {
    socket.destroy();
    throw new ConnectFailure('denied', 'the connection ended at another address');
  }
  socket.setNoDelay(true);
  return secure ? await withTls(trust, socket, target.hostname, deadline) : socket;
}

/** Every answer must be fit to connect to, else none is used: one bad record means somebody is trying something. */
export async function checkedAddresses(
  deps: Pick<ConnectDeps, 'policy' | 'resolve'>,
  hostname: string,
  port: number,
): Promise<string[]> {
  const literal = canonicalAddress(hostname);
  const found = literal === null ? await lookUp(deps.resolve, hostname) : [literal];
  if (found.length === 0) throw new ConnectFailure('dns', 'the name has no address');
  if (!found.every((address) => mayConnect(deps.policy, address, port))) {
    throw new ConnectFailure('denied', 'the address is not one this server calls');
  }
  return found.slice(0, MAX_ADDRESSES);
}

async function lookUp(resolve: Resolve, hostname: string): Promise<string[]> {
  try {
    return await resolve(hostname);
  } catch (error) {
    throw new ConnectFailure('dns', 'the name could not be resolved', error);
  }
}

/** One after the other, the time that is left shared among those to come. */
async function firstConnected(addresses: string[], port: number, deadline: number): Promise<Socket> {
  let last: unknown;
  for (const [index, address] of addresses.entries()) {
    const left = deadline - performance.now();
    if (left <= 0) break;
    try {
      return await openSocket(address, port, left / (addresses.length - index));
    } catch (error) {
      last = error;
    }
  }
  throw last ?? new ConnectFailure('timeout', 'no connection in time');
}

function openSocket(host: string, port: number, timeoutMs: number): Promise<Socket> {
  const socket = connectTcp({ host, port, keepAlive: true, keepAliveInitialDelay: 60_000 });
  return settled(socket, 'connect', 'tcp', timeoutMs);
}

function isPinned(policy: GuardPolicy, socket: Socket, addresses: string[], port: number): boolean {
  const remote = canonicalAddress(socket.remoteAddress ?? '');
  if (remote === null || !mayConnect(policy, remote, port)) return false;
  return addresses.some((address) => canonicalAddress(address) === remote);
}

function withTls(
  trust: () => SecureContext,
  socket: Socket,
  hostname: string,
  deadline: number,
): Promise<TLSSocket> {
  const secured = connectTls({
    socket,
    ALPNProtocols: ['http/1.1'],
    minVersion: MIN_VERSION,
    rejectUnauthorized: true,
    ...(canonicalAddress(hostname) === null ? { servername: hostname } : { host: hostname }),
    secureContext: trust(),
  });
  // With TLS 1.3 the other side judges our certificate after we are through; its word would be lost in the socket's end.
  secured.on('error', (error) => {
    const reason = reasonOf(error);
    if (isAboutClient(reason)) secured.destroy(new ConnectFailure('client_certificate', reason, error));
  });
  return settled(secured, 'secureConnect', 'tls', Math.max(1, deadline - performance.now()));
}

/**
 * Which authorities are believed, and what is shown to the other side; read once for all sockets, since that takes a while. A key
 * that fits nothing makes no connection.
 */
function contextOf({ extraCa, own }: ConnectDeps): SecureContext {
  const beside = [...extraCa, ...(own?.authorities == null ? [] : [own.authorities])];
  const trusted = beside.length > 0 ? { ca: [...getCACertificates('default'), ...beside] } : {};
  const client = own?.client ?? null;
  const shown = client === null ? {} : { cert: client.certificate, key: client.key.reveal() };
  try {
    return createSecureContext({ ...trusted, ...shown, minVersion: MIN_VERSION });
  } catch (error) {
    throw new ConnectFailure('client_certificate', 'the certificate and its key cannot be used', error);
  }
}

/** Resolves on `event`; on an error or after the time the socket is gone. */
function settled<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  step: 'tcp' | 'tls',
  timeoutMs: number,
): Promise<S> {
  return new Promise((resolve, reject) => {
    const fail = (failure: ConnectFailure) => {
      clearTimeout(timer);
      socket.destroy();
      reject(failure);
    };
    const timer = setTimeout(() => fail(new ConnectFailure('timeout', 'no connection in time')), timeoutMs);
    const onError = (error: Error) => {
      const reason = reasonOf(error);
      fail(new ConnectFailure(isAboutClient(reason) ? 'client_certificate' : step, reason, error));
    };
    const onClose = () => fail(new ConnectFailure(step, 'the other side closed the connection'));
    socket.once('error', onError);
    socket.once('close', onClose);
    socket.once(event, () => {
      clearTimeout(timer);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(socket);
    });
  });
}

/** The system's code, never its message: that may name addresses. */
function reasonOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : 'failed';
}

/**
 * The other side's own word (a TLS alert, RFC 8446 §6.2) that the certificate it was shown is missing or not taken. With TLS
 * 1.3 it comes when the request has been written already; the other side has not read it.
 */
function isAboutClient(reason: string): boolean {
  return /_ALERT_(BAD_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_(REVOKED|EXPIRED|UNKNOWN|REQUIRED)|UNKNOWN_CA|ACCESS_DENIED)$/.test(
    reason,
  );
}
