import { resolve } from 'node:path';
import { z } from 'zod';
import { isLoopbackHost } from '../lib/loopback.ts';
import { Secret } from '../lib/secret.ts';

// How the text of a setting becomes its value. A mistake's message goes on after the name of the variable.

/** A whole number within limits. */
export const whole = (fallback: number, least: number, most: number) =>
  z
    .string()
    .optional()
    .transform((text) => (text === undefined ? fallback : Number(text)))
    .refine((n) => Number.isInteger(n) && n >= least && n <= most, {
      error: `must be a whole number from ${least} to ${most}`,
    });

export const text = z.string().optional();

export const list = text.transform((value) =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
);

export const folder = (fallback: string) => text.transform((value) => resolve(value ?? fallback));

export function publicOrigin(value: string, context: z.RefinementCtx): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  const isPlain =
    url !== null && url.pathname === '/' && url.search === '' && url.hash === '' && !url.username;
  if (!isPlain || !['http:', 'https:'].includes(url.protocol)) {
    context.addIssue({
      code: 'custom',
      message: 'must be an address without a path, such as https://keyrail.example.com',
    });
    return z.NEVER;
  }
  return url.origin;
}

export function databaseAddress(value: string, context: z.RefinementCtx): Secret<string> {
  if (!/^postgres(ql)?:\/\//.test(value) || !URL.canParse(value)) {
    context.addIssue({ code: 'custom', message: 'must start with postgres:// and be a whole address' });
    return z.NEVER;
  }
  return new Secret(value);
}

export function originMap(entries: string[], context: z.RefinementCtx): ReadonlyMap<string, string> {
  const map = new Map<string, string>();
  for (const entry of entries) {
    const [from, to, ...rest] = entry.split('=').map((part) => (URL.canParse(part) ? new URL(part) : null));
    if (!from || !to || rest.length > 0 || ![from, to].every(isOriginOnly)) {
      context.addIssue({
        code: 'custom',
        message: `"${entry}" must be origin=origin, such as https://api.example.com=http://127.0.0.1:9000`,
      });
      continue;
    }
    map.set(from.origin, to.origin);
  }
  return map;
}

function isOriginOnly(url: URL): boolean {
  return /^https?:$/.test(url.protocol) && url.pathname === '/' && url.search === '' && url.username === '';
}

export function isAddressOrRange(entry: string): boolean {
  const [address = '', bits, ...rest] = entry.split('/');
  if (rest.length > 0 || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return false;
  return z.union([z.ipv4(), z.ipv6()]).safeParse(address).success;
}

/** The operator's mail server, out of one address: smtp:// (STARTTLS) or smtps://. */
export interface SmtpAddress {
  host: string;
  port: number;
  tls: 'first_byte' | 'required' | 'offered';
  signIn: { user: string; password: Secret<string> } | null;
}

const SMTP_FORM =
  'must be smtp://user:password@host:587 or smtps://user:password@host:465, the user and password left out where none are needed';

/** No mistake repeats the value: it may hold a password. */
export function smtpAddress(value: string, context: z.RefinementCtx): SmtpAddress {
  const url = URL.parse(value);
  const no = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  const isPlain = url !== null && ['', '/'].includes(url.pathname) && url.hash === '' && url.hostname !== '';
  if (!isPlain || !['smtp:', 'smtps:'].includes(url.protocol)) return no(SMTP_FORM);
  const { starttls, ...others } = Object.fromEntries(url.searchParams);
  const isKnown = starttls === undefined || starttls === 'required' || starttls === 'optional';
  if (!isKnown || Object.keys(others).length > 0)
    return no(
      'takes nothing behind the host but ?starttls=required (as when left out) or ?starttls=optional',
    );
  const isFirstByte = url.protocol === 'smtps:';
  const [user, password] = [decoded(url.username), decoded(url.password)];
  if (user === null || password === null || (user === '') !== (password === '')) return no(SMTP_FORM);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const isLocal = isLoopbackHost(url.hostname);
  if (starttls === 'optional' && user !== '' && !isLocal)
    return no('sends its password in the clear with ?starttls=optional: leave that away, or the password');
  return {
    host,
    port: url.port === '' ? (isFirstByte ? 465 : 587) : Number(url.port),
    tls: isFirstByte ? 'first_byte' : starttls === 'optional' ? 'offered' : 'required',
    signIn: user === '' ? null : { user, password: new Secret(password) },
  };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** An address as mails show it: `keyrail@example.com` or `Keyrail <keyrail@example.com>`. */
export function mailAddress(value: string): boolean {
  const match = /^(?:[^<>"\r\n]{0,100}<([^<>\s]+)>|([^<>\s"]+))$/.exec(value);
  return z.email().safeParse(match?.[1] ?? match?.[2]).success;
}
