import type { ConnectionStatus } from '@keyrail/contract/connections';
import type { RunState } from '@keyrail/contract/runs';
import type { CellState, ValueType } from '@keyrail/contract/tables';

/** How a thing stands, in one of the four status colours. */
export type Tone = 'green' | 'amber' | 'red' | 'grey';

interface Said {
  words: string;
  tone: Tone;
}

/** The plain words of a connection's status. */
export const statusWords: Record<ConnectionStatus, Said> = {
  connected: { words: 'Connected', tone: 'green' },
  expiring_soon: { words: 'Expires soon', tone: 'amber' },
  limited: { words: 'Connected; some actions not allowed', tone: 'amber' },
  out_of_credits: { words: 'Out of credits', tone: 'amber' },
  unverified: { words: 'Not checked', tone: 'amber' },
  expired: { words: 'Expired', tone: 'red' },
  // Refused, of another account, unreadable or for another address: the reason says which.
  invalid: { words: 'Credentials needed', tone: 'red' },
  revoked: { words: 'Access was withdrawn', tone: 'red' },
  disconnected: { words: 'Disconnected', tone: 'red' },
};

const worstLast = Object.keys(statusWords);

/** The larger, the worse. */
export const severity = (status: ConnectionStatus): number => worstLast.indexOf(status);

/** Whether new credentials are what mends it. */
export const wantsReconnect = (status: ConnectionStatus): boolean => statusWords[status].tone === 'red';

export const cellWords: Record<CellState, Said> = {
  empty: { words: 'Not run yet', tone: 'grey' },
  queued: { words: 'Queued', tone: 'grey' },
  running: { words: 'Running', tone: 'grey' },
  done: { words: 'Done', tone: 'green' },
  no_result: { words: 'No result', tone: 'grey' },
  skipped: { words: 'Skipped', tone: 'grey' },
  error: { words: 'Error', tone: 'red' },
  waiting_for_connection: { words: 'Paused: reconnect', tone: 'amber' },
  out_of_credits: { words: 'Out of credits', tone: 'amber' },
  over_budget: { words: 'Spending limit reached', tone: 'amber' },
  unknown: { words: 'Unknown: check', tone: 'amber' },
  stale: { words: 'Inputs changed', tone: 'grey' },
};

export const runWords: Record<RunState, Said> = {
  queued: { words: 'Starting', tone: 'grey' },
  running: { words: 'Running', tone: 'grey' },
  paused: { words: 'Paused', tone: 'amber' },
  waiting: { words: 'Waiting', tone: 'amber' },
  done: { words: 'Finished', tone: 'green' },
  cancelled: { words: 'Cancelled', tone: 'grey' },
  failed: { words: 'Failed', tone: 'red' },
};

export const typeWords: Record<ValueType | 'action', string> = {
  text: 'Text',
  number: 'Number',
  boolean: 'Checkbox',
  date: 'Date',
  email: 'Email',
  url: 'Link',
  json: 'JSON',
  action: 'Action',
};

/** What a person wants to know of an action before choosing it: what it costs, and whether the answer takes its time. */
export function actionTags(action: { credits_per_call: number | null; is_asynchronous: boolean }): string[] {
  const { credits_per_call: credits } = action;
  return [
    credits === null ? '' : credits === 0 ? 'Free' : `${credits} ${credits === 1 ? 'credit' : 'credits'}`,
    action.is_asynchronous ? 'Answers later' : '',
  ].filter(Boolean);
}

/** What is said of an action beside its name; nothing where that would only say the name again. */
export function aboutAction(action: {
  label: string;
  description: string | null;
  cost_note?: string | null;
}): string | null {
  const isSaid = action.description?.trim().toLowerCase() === action.label.trim().toLowerCase();
  return (isSaid ? null : action.description) ?? action.cost_note ?? null;
}
