import { type CheckSettings, DEFAULT_CHECK_SETTINGS } from './check-times.ts';
import { DEFAULT_WITHDRAWAL_SETTINGS, type WithdrawalSettings } from './withdrawals/withdrawal.ts';

export interface ConnectionSettings extends CheckSettings, WithdrawalSettings {
  /** A check with all its attempts. */
  checkTimeoutMs: number;
  /** Reports of refused calls make at most one check in this time. */
  checkGapMs: number;
  /** How long a replaced credential can be rolled back to. */
  keepPreviousMs: number;
  /** How long an opened credential may stay in this process's memory. */
  keepInMemoryMs: number;
}

export const DEFAULT_CONNECTION_SETTINGS: ConnectionSettings = {
  ...DEFAULT_CHECK_SETTINGS,
  ...DEFAULT_WITHDRAWAL_SETTINGS,
  checkTimeoutMs: 25_000,
  checkGapMs: 60_000,
  keepPreviousMs: 24 * 3_600_000,
  keepInMemoryMs: 5_000,
};
