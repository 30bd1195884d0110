import type { Exchange } from '@keyrail/contract/custom';
import { Secret } from '../lib/secret.ts';
import { bodyText } from '../outbound/answer-body.ts';
import type { Outbound, OutboundCall } from '../outbound/call.ts';
import type { Credential, CredentialSource } from '../outbound/credential-source.ts';
import type { CallOutcome } from '../outbound/outcome.ts';
import { redactor } from '../outbound/redact.ts';
import type { OutboundRequest } from '../outbound/request.ts';

/** Stands for a secret wherever one was. */
const MASK = '••••••••';
const MAX_BODY_LENGTH = 16 * 1024;

/** An engine that remembers the last call made through it, as it may be shown. */
export interface Recorder {
  outbound: Outbound;
  last(): Exchange | null;
}

interface Seen {
  /** Somebody was asked for a token: what comes of it is a credential. */
  isForToken: boolean;
  before: OutboundRequest;
  /** With the credential on it; null where none was put on. */
  after: OutboundRequest | null;
  redact: (text: string) => string;
  outcome: CallOutcome;
}

/**
 * Everything else is the engine's: guard, limits, no redirects. Nothing is counted, for there is no connection. `entered`: everything
 * the person entered as a credential, to be taken out of whatever is shown.
 */
export function recording(outbound: Outbound, entered: readonly string[]): Recorder {
  let seen: Seen | null = null;
  const withoutEntered = redactor(entered.map((value) => new Secret(value)));
  return {
    outbound: {
      ...outbound,
      call: async (call) => {
        const watched = watch(call);
        const outcome = await outbound.call({
          ...call,
          connectionId: null,
          credential: watched.credential,
        });
        seen = { isForToken: call.consumer === 'token', before: call.request, ...watched.last(), outcome };
        return outcome;
      },
    },
    last: () => (seen === null ? null : shown(seen, withoutEntered)),
  };
}

/** Notes what each attempt looked like once the credential was on it. */
function watch({ credential }: Pick<OutboundCall, 'credential'>) {
  let after: OutboundRequest | null = null;
  let redact = (text: string) => text;
  const noting = (one: Credential): Credential => ({
    ...one,
    apply: async (request, now) => {
      after = await one.apply(request, now);
      redact = redactor(one.secrets);
      return after;
    },
  });
  const source: CredentialSource | null = credential && {
    current: async () => {
      const current = await credential.current();
      return current.kind === 'credential' ? { ...current, credential: noting(current.credential) } : current;
    },
    refused: async (version) => {
      const newer = await credential.refused(version);
      return newer !== null && 'apply' in newer ? noting(newer) : newer;
    },
  };
  return { credential: source, last: () => ({ after, redact }) };
}

function shown(seen: Seen, withoutEntered: (text: string) => string): Exchange {
  const { before, after, outcome } = seen;
  const redact = (text: string) => withoutEntered(seen.redact(text));
  if (after === null) return shownToken(seen, redact);
  const sent = after;
  return {
    request: {
      method: sent.method,
      url: redact(maskedUrl(before.url, sent.url)),
      headers: maskedHeaders(before.headers, sent.headers).map(({ name, value }) => ({
        name,
        value: redact(value),
      })),
      body: maskedBody(before.body, sent.body, redact),
    },
    response: seen.isForToken ? withoutToken(seen, redact) : responseOf(outcome, redact),
  };
}

/** A body that the credential changed is made of it: a request for a token. */
function maskedBody(
  before: OutboundRequest['body'],
  sent: OutboundRequest['body'],
  redact: (text: string) => string,
): string | null {
  if (sent === undefined) return null;
  return sent === before && typeof sent === 'string' ? redact(sent) : MASK;
}

/** Asking for a token: the request is made of credentials, and an answer that is good of others. */
function shownToken(seen: Seen, redact: (text: string) => string): Exchange {
  const { before } = seen;
  return {
    request: {
      method: before.method,
      url: redact(before.url),
      headers: maskedHeaders({}, before.headers),
      body: before.body === undefined ? null : MASK,
    },
    response: withoutToken(seen, redact),
  };
}

function withoutToken({ outcome }: Seen, redact: (text: string) => string): Exchange['response'] {
  const response = responseOf(outcome, redact);
  return response !== null && response.status < 300 ? { ...response, body: MASK } : response;
}

/** Never a secret, whoever sets them. */
const PLAIN_HEADERS = new Set(['accept', 'accept-encoding', 'content-type', 'user-agent']);

/** Whatever the credential put there is masked whole, but for the scheme's word in front of it. */
function maskedHeaders(before: Readonly<Record<string, string>>, sent: Readonly<Record<string, string>>) {
  return Object.entries(sent).map(([name, value]) => {
    if (before[name] === value || PLAIN_HEADERS.has(name)) return { name, value };
    const scheme = name === 'authorization' ? (/^([A-Za-z][A-Za-z0-9-]*) ./.exec(value)?.[1] ?? null) : null;
    return { name, value: scheme === null ? MASK : `${scheme} ${MASK}` };
  });
}

/** Parameters that were not there before, or not so, are the credential's; so is a path that changed. */
function maskedUrl(before: string, sent: string): string {
  if (before === sent) return sent;
  const [was, is] = [new URL(before), new URL(sent)];
  const known = new Set(was.search.slice(1).split('&'));
  const query = is.search
    .slice(1)
    .split('&')
    .map((pair) => (pair === '' || known.has(pair) ? pair : `${pair.split('=', 1)[0]}=${MASK}`))
    .join('&');
  const path = was.pathname === is.pathname ? is.pathname : `/${MASK}`;
  return `${is.origin}${path}${query === '' ? '' : `?${query}`}`;
}

function responseOf(outcome: CallOutcome, redact: (text: string) => string): Exchange['response'] {
  const answer = 'answer' in outcome ? outcome.answer : null;
  if (answer === null) return null;
  const clean = (one: string) => redact(answer.redact(one));
  const text = clean(bodyText(answer));
  return {
    status: answer.status,
    headers: Object.entries(answer.headers).map(([name, value]) => ({ name, value: clean(value) })),
    body: text.slice(0, MAX_BODY_LENGTH).toWellFormed(),
    is_truncated: text.length > MAX_BODY_LENGTH,
    duration_ms: Math.round(answer.durationMs),
  };
}
