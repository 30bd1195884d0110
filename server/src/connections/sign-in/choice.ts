import { AppError } from '../../lib/app-error.ts';
import { findAuthorization, type Standing, standingOf, takeChoice } from '../../oauth/authorizations.ts';
import { heldFor, openHeld } from '../../oauth/held.ts';
import type { Who } from '../../workspaces/who.ts';
import { complete, methodFor, setupChanged, toItsEnd } from './callback.ts';
import { notTheirs, personOf } from './person.ts';
import type { SignInsDeps } from './sign-ins.ts';

const MOST_AT_ONCE = 50;

/** Finishes a sign-in that reaches several accounts, for the one its person names. Of many choices at once one counts. */
export async function choose(deps: SignInsDeps, who: Who, id: string, value: string): Promise<Standing> {
  const { workspaceId } = who;
  const read = () => deps.transact(workspaceId, (tx) => findAuthorization(tx, workspaceId, id));
  const found = await read();
  if (found === null) throw new AppError('not_found');
  if (found.startedBy === null || found.startedBy !== personOf(who)) throw notTheirs();
  const now = deps.clock.now();
  if (found.state !== 'choosing' || found.expiresAt <= now) throw nothingToChoose();
  if (found.choice?.choices.some((one) => one.value === value) !== true)
    throw invalid('value', 'This is none of the accounts that can be chosen.');
  const known = await methodFor(deps, found);
  const sealed = await deps.transact(workspaceId, (tx) => takeChoice(tx, found, now));
  if (sealed === null) throw nothingToChoose();
  await toItsEnd(deps, who, found, async () => {
    const held = await openHeld(deps, found, sealed);
    if (known === null || held === null) return { outcome: setupChanged(found.integration), got: null };
    const { account, told } = held;
    const chosen = found.choice?.choices.find((one) => one.value === value) ?? null;
    const minted = heldFor(held, deps.clock.now());
    return complete(deps, who, { ...known, authorization: found, account, told, minted, chosen });
  });
  const after = await read();
  if (after === null) throw new AppError('not_found');
  return standingOf(after, personOf(who), deps.clock.now());
}

/** What was held for a choice that nobody made. */
export async function giveBackLeft(deps: SignInsDeps): Promise<void> {
  const left = await deps.lookup.takeLeft(deps.clock.now(), MOST_AT_ONCE);
  for (const { authorization, sealed } of left) {
    const [known, held] = [await methodFor(deps, authorization), await openHeld(deps, authorization, sealed)];
    if (known === null || held === null) continue;
    const { minted, account, told } = held;
    const got = { ...known, authorization, minted, account, told, chosen: null };
    await deps.transact(authorization.workspaceId, (tx) => deps.giveBack(tx, got));
  }
}

function invalid(path: string, message: string): AppError {
  return new AppError('invalid_input', { fields: [{ path, message }] });
}

function nothingToChoose(): AppError {
  return new AppError('conflict', {
    reason: 'not_choosing',
    detail: 'There is nothing to choose here any more. Look how far the sign-in is, or start it again.',
  });
}
