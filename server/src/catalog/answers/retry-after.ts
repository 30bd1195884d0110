import type { Definition } from '../definition.ts';
import { headerOf } from './header.ts';

const SHORTEST_SECONDS = 1;
const LONGEST_SECONDS = 3600;

/**
 * How long the provider asks us to wait, in whole seconds from 1 to 3600 whatever it says; null where it says
 * nothing readable. Retry-After is seconds or an HTTP date (RFC 9110 §10.2.3); a file may name further headers.
 */
export function retryAfterSeconds(
  headers: Readonly<Record<string, string>>,
  further: Definition['retryAfter'],
  now: Date,
): number | null {
  const standard =
    readWait(headers['retry-after'], 'seconds', now) ?? readWait(headers['retry-after'], 'date', now);
  if (standard !== null) return standard;
  for (const { header, unit, member } of further) {
    const value = headerOf(headers, header);
    const wait = readWait(member === undefined ? value : memberOf(value, member), unit, now);
    if (wait !== null) return wait;
  }
  return null;
}

/** `limit=100, remaining=0, reset=8` (also with ; between): the value of one name. */
function memberOf(value: string | undefined, member: string): string | undefined {
  const pairs = (value ?? '').slice(0, 500).split(/[,;]/);
  const found = pairs.find((pair) => pair.trim().toLowerCase().startsWith(`${member}=`));
  return found?.slice(found.indexOf('=') + 1);
}

function readWait(
  value: string | undefined,
  unit: Definition['retryAfter'][number]['unit'],
  now: Date,
): number | null {
  const text = value?.trim() ?? '';
  if (unit === 'date') {
    const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
    return Number.isNaN(at) ? null : clampedWait((at - now.getTime()) / 1000);
  }
  if (!/^-?\d{1,20}(\.\d{1,9})?$/.test(text)) return null;
  const number = Number(text);
  if (unit === 'seconds') return clampedWait(number);
  return clampedWait(
    (unit === 'epoch_seconds' ? number * 1000 - now.getTime() : number - now.getTime()) / 1000,
  );
}

/** Whole seconds from 1 to 3600, whatever was said. */
export function clampedWait(seconds: number): number {
  return Math.min(LONGEST_SECONDS, Math.max(SHORTEST_SECONDS, Math.ceil(seconds)));
}
