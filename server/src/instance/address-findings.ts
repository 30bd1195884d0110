import { isLoopbackHost } from '../lib/loopback.ts';
import type { Finding, SelfReach, SetupFacts } from './setup-facts.ts';

const MOST_NAMED = 12;
const DAY_MS = 86_400_000;
const RENEW_CERTIFICATE_DAYS = 14;

export function publicUrlFinding({ publicUrl, ownUrl, httpsTools }: SetupFacts): Finding {
  const base = { id: 'public_url', title: 'Public address' } as const;
  if (publicUrl?.startsWith('https:')) {
    return { ...base, state: 'ok', message: `Keyrail is at ${publicUrl}.`, next_step: null };
  }
  const lacking =
    httpsTools.length === 0
      ? ''
      : ` Signing in does not work yet with tools that want an https address: ${named(httpsTools)}.`;
  return {
    ...base,
    state: 'warning',
    message: `Keyrail is at ${ownUrl}, which only this machine can open. That is fine for trying it out.${lacking}`,
    next_step:
      'For others to use it, put a reverse proxy with a certificate in front of it, and set KEYRAIL_PUBLIC_URL to the https address that people open.',
  };
}

export function httpsFinding({ publicUrl, self, now }: SetupFacts): Finding {
  const base = { id: 'https', title: 'HTTPS and certificate' } as const;
  if (!publicUrl?.startsWith('https:')) {
    return {
      ...base,
      state: 'ok',
      message: 'Not needed as long as only this machine opens Keyrail.',
      next_step: null,
    };
  }
  switch (self.kind) {
    case 'ours':
    case 'somebody_else':
      return { ...base, ...certificateOf(self.validUntil, now) };
    case 'bad_certificate':
      return { ...base, ...CERTIFICATES[self.because] };
    default:
      return {
        ...base,
        state: 'unknown',
        message: 'The certificate could not be looked at, because the address was not reached.',
        next_step: null,
      };
  }
}

type Said = Pick<Finding, 'state' | 'message' | 'next_step'>;

const CERTIFICATES: Record<Extract<SelfReach, { kind: 'bad_certificate' }>['because'], Said> = {
  expired: {
    state: 'problem',
    message: 'The certificate of the public address has expired, or is not valid yet.',
    next_step: 'Renew it at the reverse proxy. If it was renewed, look at the clock of this machine.',
  },
  wrong_name: {
    state: 'problem',
    message: 'The certificate is for another host name than that of the public address.',
    next_step: 'Get a certificate for the host name in KEYRAIL_PUBLIC_URL, or correct that setting.',
  },
  self_signed: {
    state: 'problem',
    message:
      'The certificate is signed by itself. Browsers warn of it, and people cannot come back from a sign-in.',
    next_step: 'Get a certificate from a public authority (most reverse proxies do so by themselves).',
  },
  untrusted: {
    state: 'warning',
    message:
      'This server does not know the authority that signed the certificate: an intermediate certificate is missing, or the authority is your own.',
    next_step:
      'Let the reverse proxy send the whole chain. If the authority is your own and browsers know it, give its certificate to this server by NODE_EXTRA_CA_CERTS.',
  },
};

function certificateOf(validUntil: Date | null, now: Date): Said {
  const days = validUntil === null ? null : Math.floor((validUntil.getTime() - now.getTime()) / DAY_MS);
  if (days === null || days > RENEW_CERTIFICATE_DAYS) {
    return { state: 'ok', message: 'The certificate is valid.', next_step: null };
  }
  return {
    state: 'warning',
    message: `The certificate is valid for ${days === 1 ? 'one more day' : `${days} more days`}.`,
    next_step: 'Renew it at the reverse proxy, and see why it is not renewed by itself.',
  };
}

export function callbackFinding(facts: SetupFacts): Finding {
  const base = { id: 'callback', title: 'The way back from a sign-in' } as const;
  const { publicUrl, self, isServing } = facts;
  if (self.kind === 'not_asked') {
    const message = 'Tools send people back to this machine itself.';
    return { ...base, state: 'ok', message, next_step: null };
  }
  if (self.kind === 'ours') {
    return {
      ...base,
      state: 'ok',
      message: `${publicUrl}/oauth/callback is answered by this server.`,
      next_step: null,
    };
  }
  if (!isServing) {
    return {
      ...base,
      state: 'unknown',
      message: 'No server works on this database now, so nothing could answer.',
      next_step: 'Start the server, then check again.',
    };
  }
  return { ...base, ...failedReach(facts, self) };
}

function failedReach(
  { publicUrl, browser }: SetupFacts,
  self: Exclude<SelfReach, { kind: 'ours' | 'not_asked' }>,
): Said {
  switch (self.kind) {
    case 'bad_certificate':
      return {
        state: 'unknown',
        message: 'The address was not asked, because its certificate is not valid.',
        next_step: 'Put the certificate right first.',
      };
    case 'somebody_else':
      return {
        state: 'problem',
        message: `Something else answers at ${publicUrl}/oauth/callback: ${answerOf(self)}. Tools would send people there with a code that nobody takes.`,
        next_step:
          'Let the reverse proxy pass every path under /oauth/callback/ on to this server, without a sign-in of its own and without a redirect; and see that KEYRAIL_PUBLIC_URL is the address of this server and no other.',
      };
    case 'unreachable': {
      const isOpenedThere = browser?.origin === publicUrl;
      const where = `This server cannot reach ${publicUrl} (${self.detail})`;
      return isOpenedThere
        ? {
            state: 'unknown',
            message: `${where}, but your browser does. Some networks do not let a machine reach its own public address.`,
            next_step: `Open ${publicUrl}/health/live from another network: it must say that Keyrail lives.`,
          }
        : {
            state: 'problem',
            message: `${where}.`,
            next_step:
              'Check the name in the DNS, the port, and that the reverse proxy runs and passes requests on to this server.',
          };
    }
  }
}

function answerOf({ status, location }: Extract<SelfReach, { kind: 'somebody_else' }>): string {
  const to = location === null ? null : URL.parse(location)?.origin;
  return to === null || to === undefined ? `status ${status}` : `a redirect to ${to}`;
}

export function browserFinding({ publicUrl, ownUrl }: SetupFacts, origin: string): Finding {
  const base = { id: 'browser_address', title: 'The address in your browser' } as const;
  const isSame = origin === ownUrl || (publicUrl === null && isSameLoopback(origin, ownUrl));
  if (isSame) return { ...base, state: 'ok', message: `You opened ${origin}.`, next_step: null };
  const message = `You opened ${origin}, but Keyrail takes itself to be at ${ownUrl}. Cookies belong to one of the two, so sign-ins are lost on their way back, and changes made here are refused.`;
  return {
    ...base,
    state: 'problem',
    message,
    next_step: `Open ${ownUrl}, or set KEYRAIL_PUBLIC_URL to ${origin} if that is the right one.`,
  };
}

/** Cookies have no port, and either name of this machine is answered by its own. */
function isSameLoopback(one: string, other: string): boolean {
  const [a, b] = [URL.parse(one), URL.parse(other)];
  return (
    a !== null && b !== null && isLoopbackHost(a.hostname) && isLoopbackHost(b.hostname) && a.port === b.port
  );
}

function named(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}
