import { tlsWords } from '../connections/tls-words.ts';
import { AppError } from '../lib/app-error.ts';
import type { NoCredential } from '../outbound/credential-source.ts';
import type { StreamOutcome } from '../outbound/stream.ts';

type Failure = Exclude<StreamOutcome, { kind: 'answer' }>;

/** What is told of a call that brought no answer. `name`: the integration's. */
export function failureOf(name: string, outcome: Failure): AppError {
  switch (outcome.kind) {
    case 'request_too_large':
      return new AppError('too_large', {
        detail: `The body is larger than ${megabytes(outcome.limitBytes)}, which is what this server passes on.`,
      });
    case 'rate_limited':
      return new AppError('too_many_requests', {
        reason: 'connection_budget',
        detail: `The limit of calls to ${name} is used up for now; it is shared by all who use this connection.`,
        retryAfterSeconds: outcome.retryAfterSeconds,
      });
    case 'egress_denied':
      return new AppError('egress_denied', {
        reason: outcome.reason,
        detail: `The address of ${name} is one this server does not call.`,
      });
    case 'unreachable':
      return unreachable(name, outcome);
    case 'invalid_response':
      return new AppError('upstream_invalid_response', { detail: `${name}: ${outcome.detail}` });
    case 'too_large':
      return new AppError('upstream_too_large', {
        detail: `The answer of ${name} is larger than ${megabytes(outcome.limitBytes)}, or unpacks to far more than it should.`,
      });
    case 'invalid_request':
      return new AppError('invalid_input', { detail: outcome.problem });
    case 'no_credential':
      return noCredential(name, outcome.because, outcome.retryAfterSeconds);
    case 'cancelled':
      return new AppError('unavailable', { detail: 'The call was given up.' });
  }
}

function unreachable(name: string, { cause, detail }: Extract<Failure, { kind: 'unreachable' }>): AppError {
  switch (cause) {
    case 'timeout':
      return new AppError('upstream_timeout', { detail: `${name} did not answer in time.` });
    case 'tls': {
      const { because, nextStep } = tlsWords(detail);
      const words = `${name} could not show a valid certificate: ${because}.`;
      return new AppError('upstream_tls', { detail: nextStep === null ? words : `${words} ${nextStep}` });
    }
    case 'client_certificate':
      return new AppError('upstream_tls', {
        reason: cause,
        detail: `${name} did not accept the certificate of this connection.`,
      });
    default:
      return new AppError('upstream_unreachable', {
        reason: cause,
        detail: `${name} could not be reached.`,
      });
  }
}

function noCredential(name: string, because: NoCredential, retryAfterSeconds: number | undefined): AppError {
  const later = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  switch (because) {
    case 'missing':
      return connectionMissing(name);
    case 'renewing':
      return new AppError('token_refresh_in_progress', later);
    case 'not_renewed':
      return new AppError('unavailable', {
        reason: because,
        detail: `The access to ${name} has run out and could not be renewed yet; it is tried again by itself.`,
        ...later,
      });
    case 'moved':
      return new AppError('unavailable', {
        reason: because,
        detail: `${name} has just given another address for its API. Send the request again.`,
        ...later,
      });
    default:
      return new AppError('connection_broken', {
        reason: because,
        detail: `The connection to ${name} does not work. Reconnect it in Settings → Connections.`,
      });
  }
}

export function disconnected(name: string): AppError {
  return new AppError('connection_missing', {
    reason: 'disconnected',
    detail: `This connection to ${name} is disconnected: there are no credentials. Reconnect it in Settings → Connections.`,
  });
}

export function connectionMissing(name: string): AppError {
  return new AppError('connection_missing', {
    detail: `There is no connection to ${name}. Connect it in Settings → Connections.`,
  });
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
