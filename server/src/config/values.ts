import { resolve } from 'node:path';
import { z } from 'zod';
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
