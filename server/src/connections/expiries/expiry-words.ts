import { momentOf } from '../status.ts';
import type { Expiry } from './expiry.ts';

/** What an end is the end of, as people call it. */
export interface Named {
  /** Of the connection or API token; of a sign-in setup its integration's again. */
  name: string;
  /** Null: it belongs to none. */
  integrationName: string | null;
}

type Told = Pick<Expiry, 'kind' | 'source' | 'endsAt' | 'subject'>;

/** What ends and what to do, in a sentence or two. */
export function messageOf(expiry: Told, named: Named, now: Date): string {
  const when = momentOf(expiry.endsAt, now);
  const isOver = expiry.endsAt <= now;
  const entered = expiry.source === 'entered' ? ', by the date entered here' : '';
  if (expiry.kind === 'rotation')
    return isOver
      ? `${replaced(expiry, named)} was to be replaced ${when}.`
      : toBeReplaced(expiry, named, when);
  if (expiry.source === 'forecast')
    return `The access of “${named.name}” to ${named.integrationName} cannot be renewed just now, and ${named.integrationName} ends an access that is not renewed ${when}. Look at what keeps it from being renewed, or sign in again.`;
  return isOver
    ? `${thing(expiry, named)} ended ${when}${entered}. ${todo(expiry)}.`
    : `${thing(expiry, named)} ${verb(expiry)} ${when}${entered}. ${todo(expiry)} before, and nothing stops.`;
}

/** "Hunter ends in 7 days: Sales" */
export function titleOf(expiry: Told, { name, integrationName }: Named, now: Date): string {
  const tool = integrationName ?? 'API token';
  const about = expiry.subject.kind === 'sign_in_setup' ? 'client secret' : name;
  if (expiry.kind === 'rotation') {
    const due =
      expiry.endsAt <= now ? 'is due for replacing' : `is to be replaced ${inDays(expiry.endsAt, now)}`;
    return `${tool} ${due}: ${about}`;
  }
  return `${tool} ${expiry.endsAt <= now ? 'has ended' : `ends ${inDays(expiry.endsAt, now)}`}: ${about}`;
}

function inDays(endsAt: Date, now: Date): string {
  const days = Math.ceil((endsAt.getTime() - now.getTime()) / 86_400_000);
  return days <= 1 ? 'within a day' : `in ${days} days`;
}

function thing({ kind, subject }: Told, { name, integrationName }: Named): string {
  if (subject.kind === 'sign_in_setup')
    return `The client secret of the sign-in setup for ${integrationName}`;
  if (kind === 'api_token') return `The API token “${name}”`;
  const of = `of “${name}” (${integrationName})`;
  switch (kind) {
    case 'certificate':
      return `The certificate ${of}`;
    case 'client_secret':
      return `The client secret ${of}`;
    case 'sign_in':
      return `The access ${of}`;
    default:
      return `The credentials ${of}`;
  }
}

function verb({ kind, subject }: Told): string {
  return kind === 'key' && subject.kind === 'connection' ? 'end' : 'ends';
}

function todo({ kind, subject }: Told): string {
  if (subject.kind === 'sign_in_setup') return 'Enter a new one';
  switch (kind) {
    case 'api_token':
      return 'Make a new one where it is used';
    case 'certificate':
      return 'Upload a new one';
    case 'sign_in':
      return 'Sign in again';
    case 'client_secret':
      return 'Enter a new one';
    default:
      return 'Replace them';
  }
}

function toBeReplaced(expiry: Told, named: Named, when: string): string {
  return `${replaced(expiry, named)} is to be replaced ${when}, by the date set here. Nothing stops then.`;
}

function replaced({ subject }: Told, { name, integrationName }: Named): string {
  return subject.kind === 'sign_in_setup'
    ? `The client secret of the sign-in setup for ${integrationName}`
    : `The credential of “${name}” (${integrationName})`;
}
