import { AppError } from '../lib/app-error.ts';
import type { Outbound } from '../outbound/call.ts';

/**
 * Where a person wants notices to go: the guard of every call judges it, with a look-up. A name that cannot be looked up now
 * is taken: the delivery says so when the time comes.
 */
export async function checkAddress(
  { outbound }: { outbound: Pick<Outbound, 'check'> },
  url: string,
): Promise<void> {
  const check = await outbound.check(url);
  if (check.kind === 'denied') {
    // The same words for every address that is refused: whether something listens there is nobody's business.
    const message =
      'This is an address that this server does not call. The operator can allow an exact address and port with KEYRAIL_ALLOWED_PRIVATE_HOSTS.';
    throw new AppError('egress_denied', {
      reason: check.reason,
      detail: `${message} Nothing was saved.`,
      fields: [{ path: 'url', message }],
    });
  }
  if (check.kind === 'invalid')
    throw new AppError('invalid_input', {
      fields: [{ path: 'url', message: `The address ${check.problem}.` }],
    });
}
