import { toldWords } from '../connections/told-words.ts';
import type { NoCredential } from '../outbound/credential-source.ts';
import type { CallOutcome } from '../outbound/outcome.ts';
import type { Explanation } from './outcome.ts';

type Without = Extract<CallOutcome, { kind: 'no_credential' }>;

/** A token that is being renewed, or was for another address: nothing is broken, and nothing is to be done. */
export function passesByItself({ because }: Without): boolean {
  return because === 'renewing' || because === 'not_renewed' || because === 'moved';
}

/** Why a call went without a credential, and what to do about it. `name`: the integration's. */
export function explainWithout(name: string, { because, words = null }: Without): Explanation {
  const { said, advice } = toldWords(words);
  return {
    message: MESSAGES[because](name),
    nextStep: advice ?? nextStep(name, because),
    providerMessage: said,
  };
}

function nextStep(name: string, because: NoCredential): string | null {
  if (because === 'renewing' || because === 'not_renewed' || because === 'moved') return null;
  return because === 'setup_rejected' ? `Check the one-time sign-in setup of ${name}.` : `Reconnect ${name}.`;
}

const MESSAGES: Record<NoCredential, (name: string) => string> = {
  missing: (name) => `There is no connection to ${name}.`,
  broken: (name) => `The connection to ${name} does not work.`,
  unreadable: (name) => `The stored credential of the connection to ${name} cannot be read.`,
  expired: (name) => `Access to ${name} has expired and could not be renewed.`,
  revoked: (name) => `Access was withdrawn at ${name}.`,
  rejected: (name) => `${name} no longer accepts the sign-in details of the connection.`,
  setup_rejected: (name) => `${name} does not accept the one-time sign-in setup any more.`,
  renewing: (name) => `The access to ${name} is being renewed; the cell goes on by itself.`,
  not_renewed: (name) => `The access to ${name} could not be renewed just now; the cell goes on by itself.`,
  moved: (name) => `${name} has just given another address for its API; the cell goes on by itself.`,
};
