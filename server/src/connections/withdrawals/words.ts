import type { Withdrawal } from './withdrawal.ts';

/** What is said of a withdrawal, in one or two plain sentences. */
export function withdrawalMessage(one: Withdrawal): string {
  const { integrationName: name } = one;
  switch (one.state) {
    case 'withdrawn':
      return `Access was withdrawn at ${name}, too.`;
    case 'not_offered':
      return `${name} offers no way to withdraw access from here.${said(one)} Withdraw it there, in the account's settings.`;
    case 'failed':
      return `${name} could not be told that access has ended.${problem(one)} Withdraw it there, in the account's settings.`;
    case 'pending':
      return pending(one);
  }
}

function pending(one: Withdrawal): string {
  const { integrationName: name } = one;
  if (one.nextAttemptAt === null)
    return `Access at ${name} goes on while another connection uses the same account. It is withdrawn there once the last of them is gone.`;
  if (one.problem === null) return `${name} is being told that access has ended.`;
  return `${name} could not be told yet that access has ended.${problem(one)} It is told again, for a day.`;
}

function problem(one: Withdrawal): string {
  return one.problem === null ? said(one) : ` It ${one.problem}${said(one)}`;
}

function said({ integrationName, words }: Withdrawal): string {
  return words === null ? '' : ` ${integrationName} says: “${words.replace(/[.\s]+$/, '')}”.`;
}
