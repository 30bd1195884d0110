import type { ConnectionStatus } from '@keyrail/contract/connections';

export interface CheckSettings {
  /** Between two checks that could be made. */
  checkEveryMs: number;
  /** After the first check that could not be made; doubles with each further one, up to `checkEveryMs`. */
  recheckAfterMs: number;
}

export const DEFAULT_CHECK_SETTINGS: CheckSettings = {
  checkEveryMs: 24 * 3_600_000,
  recheckAfterMs: 60_000,
};

interface Checked {
  status: ConnectionStatus;
  hasProbe: boolean;
  /** Checks in a row that could not be made, this one included. */
  checksMissed: number;
  retryAfterSeconds: number | null;
}

/**
 * When to check next; null: never by itself. A tenth of jitter either way, so that connections made together are
 * not checked together. `random` in [0, 1).
 */
export function nextCheckAt(
  settings: CheckSettings,
  checked: Checked,
  now: Date,
  random: number,
): Date | null {
  if (!checked.hasProbe || checked.status === 'disconnected') return null;
  const waitMs = checked.checksMissed > 0 ? backoffMs(settings, checked) : usualMs(settings, checked.status);
  return new Date(now.getTime() + waitMs * (0.9 + 0.2 * random));
}

/** Somebody may be topping up right now, and runs wait for it: looked at more often, still a harmless request. */
function usualMs({ checkEveryMs }: CheckSettings, status: ConnectionStatus): number {
  return status === 'out_of_credits' ? checkEveryMs / 24 : checkEveryMs;
}

function backoffMs(settings: CheckSettings, { checksMissed, retryAfterSeconds }: Checked): number {
  const doubled = settings.recheckAfterMs * 2 ** Math.min(checksMissed - 1, 20);
  const atLeast = Math.max(doubled, (retryAfterSeconds ?? 0) * 1000);
  return Math.min(atLeast, settings.checkEveryMs);
}
