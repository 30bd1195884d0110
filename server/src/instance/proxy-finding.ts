import ipaddr from 'ipaddr.js';
import { isLoopbackHost } from '../lib/loopback.ts';
import type { Finding, SeenRequest, SetupFacts } from './setup-facts.ts';

const base = { id: 'forwarded_headers', title: 'Reverse proxy' } as const;

interface Fault {
  state: 'warning' | 'problem';
  message: string;
  nextStep: string;
}

/** What a reverse proxy says of the people behind it, against what the settings say of the proxy. */
export function proxyFinding({ seen: came, publicUrl, trustedProxies }: SetupFacts): Finding {
  if (came === null && publicUrl === null) return none();
  if (came === null) {
    return {
      ...base,
      state: 'unknown',
      message: 'No request came through the public address, so there is nothing to look at.',
      next_step: null,
    };
  }
  const seen = { ...came, peer: plain(came.peer) };
  const isProxied = [seen.forwardedFor, seen.forwardedProto, seen.forwardedHost].some((one) => one !== null);
  if (publicUrl === null) return isProxied ? unexpected(seen) : none();
  const faults = isProxied
    ? [unlisted(seen, trustedProxies), ofSender(seen), ofProtocol(seen, publicUrl), ofHost(seen, publicUrl)]
    : [silent(seen, publicUrl)];
  return summed(faults.filter((fault) => fault !== null));
}

function none(): Finding {
  return { ...base, state: 'ok', message: 'There is none in between.', next_step: null };
}

function unexpected({ forwardedHost, host }: SeenRequest): Finding {
  return {
    ...base,
    state: 'problem',
    message:
      'Requests come through a reverse proxy, but KEYRAIL_PUBLIC_URL is not set: links, cookies and sign-ins would be made for this machine alone.',
    next_step: `Set KEYRAIL_PUBLIC_URL to the address that people open, such as https://${forwardedHost ?? host ?? 'keyrail.example.com'}.`,
  };
}

/** https ended before us, and whoever ended it says nothing. */
function silent({ peer, host }: SeenRequest, publicUrl: string): Fault | null {
  const asked = URL.parse(`http://${host ?? ''}`)?.hostname ?? '';
  if (!publicUrl.startsWith('https:') || isLoopbackHost(asked)) return null;
  return {
    state: 'warning',
    message: `Requests come from ${peer} without X-Forwarded-For, so the audit log and the limits on sign-ins take everybody for one and the same.`,
    nextStep: `Let the reverse proxy set X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host, and list it: KEYRAIL_TRUSTED_PROXIES=${peer}.`,
  };
}

function unlisted({ peer }: SeenRequest, trustedProxies: readonly string[]): Fault | null {
  if (isListed(peer, trustedProxies)) return null;
  return {
    state: 'warning',
    message: `Requests come through ${peer}, which KEYRAIL_TRUSTED_PROXIES does not list. What it says of people's addresses is not believed, so the audit log and the limits on sign-ins take everybody for one and the same.`,
    nextStep: `If ${peer} is your reverse proxy, set KEYRAIL_TRUSTED_PROXIES=${[...trustedProxies, peer].join(',')}.`,
  };
}

function ofSender({ forwardedFor }: SeenRequest): Fault | null {
  if (forwardedFor !== null) return null;
  return {
    state: 'warning',
    message: 'The reverse proxy does not say whom it asks for (X-Forwarded-For).',
    nextStep: 'Let it set X-Forwarded-For to the address of whoever it speaks for.',
  };
}

function ofProtocol({ forwardedProto }: SeenRequest, publicUrl: string): Fault | null {
  const wanted = new URL(publicUrl).protocol.slice(0, -1);
  const said = forwardedProto?.split(',')[0]?.trim().toLowerCase() ?? null;
  if (said === wanted) return null;
  if (said === null) {
    return {
      state: 'warning',
      message: 'The reverse proxy does not say whether people came by https (X-Forwarded-Proto).',
      nextStep: `Let it set X-Forwarded-Proto to ${wanted}.`,
    };
  }
  return {
    state: 'problem',
    message: `The reverse proxy says that people come by ${said}, but KEYRAIL_PUBLIC_URL starts with ${wanted}. By http the browser keeps no cookie of ours, so nobody stays signed in.`,
    nextStep: `Let it take ${wanted} alone, and set X-Forwarded-Proto to what the browser used.`,
  };
}

function ofHost({ host, forwardedHost }: SeenRequest, publicUrl: string): Fault | null {
  const wanted = new URL(publicUrl).host;
  const said = forwardedHost?.split(',')[0]?.trim().toLowerCase() ?? null;
  if (said === wanted || (said === null && host?.toLowerCase() === wanted)) return null;
  if (said !== null) {
    return {
      state: 'problem',
      message: `The reverse proxy says that people asked for ${said}, but KEYRAIL_PUBLIC_URL is for ${wanted}.`,
      nextStep: `Send people to ${wanted} alone (a redirect at the proxy), or correct KEYRAIL_PUBLIC_URL.`,
    };
  }
  return {
    state: 'warning',
    message: `The reverse proxy puts ${host ?? 'nothing'} in place of the host that people asked for.`,
    nextStep: `Let it pass the Host header on as it came, or set X-Forwarded-Host: ${wanted}.`,
  };
}

function summed(faults: Fault[]): Finding {
  if (faults.length === 0) {
    return { ...base, state: 'ok', message: 'It passes on what Keyrail needs to know.', next_step: null };
  }
  return {
    ...base,
    state: faults.some(({ state }) => state === 'problem') ? 'problem' : 'warning',
    message: faults.map(({ message }) => message).join(' '),
    next_step: faults.map(({ nextStep }) => nextStep).join(' '),
  };
}

/** An IPv4 address as people write it, also where the socket takes both kinds. */
function plain(peer: string): string {
  return ipaddr.isValid(peer) ? ipaddr.process(peer).toString() : peer;
}

/** As the HTTP server believes it: an address, or a range it is in. */
export function isListed(peer: string, trusted: readonly string[]): boolean {
  if (!ipaddr.isValid(peer)) return false;
  const address = ipaddr.process(peer);
  return trusted.some((entry) => {
    const [text = '', bits] = entry.split('/');
    if (!ipaddr.isValid(text)) return false;
    const known = ipaddr.process(text);
    if (known.kind() !== address.kind()) return false;
    const whole = known.kind() === 'ipv4' ? 32 : 128;
    return address.match(known, bits === undefined ? whole : Number(bits));
  });
}
