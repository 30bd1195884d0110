import type { Withdrawal as Shown } from '@keyrail/contract/connections';
import type { Withdrawal } from '../connections/withdrawals/withdrawal.ts';
import { withdrawalMessage } from '../connections/withdrawals/words.ts';

/** What became of telling the tool that access has ended, as the API shows it. */
export function presentWithdrawal(one: Withdrawal): Shown {
  return {
    state: one.state,
    message: withdrawalMessage(one),
    url: one.removeUrl,
    at: (one.settledAt ?? one.createdAt).toISOString(),
  };
}
