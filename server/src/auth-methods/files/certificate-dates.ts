import type { X509Certificate } from 'node:crypto';

/** Why a certificate is of no use at this time. */
export interface OutOfTime {
  reason: 'certificate_ended' | 'certificate_not_yet_valid';
  message: string;
}

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const WARN_DAYS = 30;

/** `what`: "The certificate". */
export function outOfTime(certificate: X509Certificate, what: string, now: Date): OutOfTime | null {
  const [from, to] = [new Date(certificate.validFrom), new Date(certificate.validTo)];
  if (to <= now) {
    const message = `${what} ended on ${dayOf(to)}, ${ago(now.getTime() - to.getTime())}. A new one is needed.`;
    return { reason: 'certificate_ended', message };
  }
  if (from <= now) return null;
  const clock = `This server's clock says ${minuteOf(now)}; if that is wrong, set it right.`;
  const message = `${what} is not valid before ${minuteOf(from)}. ${clock}`;
  return { reason: 'certificate_not_yet_valid', message };
}

export function endWarning(certificate: X509Certificate, what: string, now: Date): string | null {
  const to = new Date(certificate.validTo);
  const days = Math.ceil((to.getTime() - now.getTime()) / DAY_MS);
  if (days > WARN_DAYS) return null;
  return `${what} ends on ${dayOf(to)}, in ${days} ${days === 1 ? 'day' : 'days'}.`;
}

/** "2026-12-01" */
export function dayOf(date: Date): string {
  return date.toISOString().slice(0, 10);
}

/** "2026-12-01 14:05 UTC" */
function minuteOf(date: Date): string {
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function ago(ms: number): string {
  const [days, minutes] = [Math.floor(ms / DAY_MS), Math.ceil(ms / MINUTE_MS)];
  if (days >= 1) return days === 1 ? 'a day ago' : `${days} days ago`;
  return minutes >= 120 ? `${Math.floor(minutes / 60)} hours ago` : `${minutes} minutes ago`;
}
