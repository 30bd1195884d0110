import type { Outcome } from '../catalog/answers/outcome.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { tlsWords } from '../connections/tls-words.ts';
import type { CallOutcome, DeniedReason, UnreachableCause } from '../outbound/outcome.ts';
import type { Explanation } from './outcome.ts';

/** What the sentences speak of. */
export interface Subject {
  definition: Pick<Definition, 'name'>;
  action: Pick<Action, 'label'>;
}

type Failed = Exclude<Outcome, { kind: 'success' }>;

/** A failing answer in plain words: what happened, what to do, and what the provider said. */
export function explainAnswer({ definition, action }: Subject, outcome: Failed, status: number): Explanation {
  const { name } = definition;
  const providerMessage = outcome.said;
  const say = (message: string, nextStep: string | null = null): Explanation => ({
    message,
    nextStep: outcome.advice ?? nextStep,
    providerMessage,
  });
  switch (outcome.kind) {
    case 'rejected':
      return say(`${name} did not accept this connection's key.`, `Reconnect ${name}.`);
    case 'expired':
      return say(`The connection to ${name} has expired.`, `Reconnect ${name}.`);
    case 'revoked':
      return say(`Access was withdrawn at ${name}.`, `Reconnect ${name}.`);
    case 'wrong_account':
      return say(`${name} does not know this account.`, `Reconnect ${name} with the right account.`);
    case 'missing_permission': {
      const needed = outcome.permission === null ? '' : ` It needs the permission ${outcome.permission}.`;
      return say(
        `${name} does not allow "${action.label}" with this connection.${needed}`,
        `Allow it at ${name}, or use another connection.`,
      );
    }
    case 'out_of_credits':
      return say(`Out of credits at ${name}.`, `Top up at ${name}, or wait until it gives new credits.`);
    case 'rate_limited':
      return say(`${name} asks to slow down.`, 'It goes on by itself.');
    case 'pending':
      return say(`${name} is still working on it.`, 'It is asked again by itself.');
    case 'no_result':
      return say(`${name} found nothing.`);
    case 'invalid_request':
      return say(`${name} did not accept these inputs.`, 'Look at what the row gives to the action.');
    case 'provider_error':
      return say(`${name} failed (HTTP ${status}).`, 'Run the cell again later.');
    case 'nonsense':
      return say(`${name} answered with something unreadable.`, 'Run the cell again later.');
  }
}

type Unsent = Exclude<
  CallOutcome,
  { kind: 'answer' | 'rate_limited' | 'no_credential' | 'cancelled' | 'unknown' }
>;

/** A call that brought no answer to judge. */
export function explainCall({ definition }: Subject, outcome: Unsent): Explanation {
  const { name } = definition;
  const plain = (message: string, nextStep: string | null): Explanation => ({
    message,
    nextStep,
    providerMessage: null,
  });
  switch (outcome.kind) {
    case 'unreachable':
      if (outcome.cause === 'tls') return plain(...ofTls(name, outcome.detail));
      return plain(UNREACHABLE[outcome.cause](name), 'Run the cell again later.');
    case 'egress_denied':
      return plain(DENIED[outcome.reason](name), 'Ask whoever runs this server.');
    case 'redirect':
      return plain(
        `${name} sent the call on to another address. Keyrail does not follow with a credential.`,
        'Look at the connection’s address.',
      );
    case 'invalid_response':
      return plain(`${name} answered with something unreadable.`, 'Run the cell again later.');
    case 'too_large':
      return plain(
        `${name} answered with more than ${Math.round(outcome.limitBytes / 1_000_000)} MB.`,
        'Ask for less in one call.',
      );
    case 'invalid_request':
      return plain(
        `The call to ${name} could not be made: ${outcome.problem}`,
        'Look at what the row gives.',
      );
  }
}

const UNREACHABLE: Record<UnreachableCause, (name: string) => string> = {
  dns: (name) => `The address of ${name} was not found.`,
  tcp: (name) => `${name} could not be reached.`,
  tls: (name) => `${name} has no valid certificate.`,
  client_certificate: (name) =>
    `${name} does not take the certificate of this connection, or wants one and there is none.`,
  timeout: (name) => `${name} did not answer in time.`,
  reset: (name) => `${name} broke the connection off.`,
};

function ofTls(name: string, code: string): [string, string] {
  const { because, nextStep } = tlsWords(code);
  return [`${name} is not believed: ${because}.`, nextStep ?? 'Run the cell again later.'];
}

const DENIED: Record<DeniedReason, (name: string) => string> = {
  scheme: (name) => `This server does not call ${name} at such an address.`,
  userinfo: (name) => `This server does not call ${name} at such an address.`,
  port: (name) => `This server does not call that port of ${name}.`,
  address: (name) => `This server does not call the network ${name} is in.`,
  host: (name) => `The credential would have left ${name}; it was not sent.`,
};

export function explainUnknown({ definition }: Subject, because: string): Explanation {
  return {
    message: `${definition.name} may have acted on this call, but no answer arrived: ${because}`,
    nextStep: `Look at ${definition.name}, or run the cell again.`,
    providerMessage: null,
  };
}
