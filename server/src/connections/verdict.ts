import type { Account, Verdict, VerdictKind } from '@keyrail/contract/verdicts';
import type { AuthMethod, KeyHelp } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import type { ShownRequest } from '../outbound/request.ts';
import { KEY_FILE, SIGN_IN, sentencesFor, type Told } from './verdict-words.ts';

/** What a probe came to, before it is put into words. Every text in it is free of secrets. */
export interface Finding {
  kind: VerdictKind;
  isWithdrawn: boolean;
  account: Account | null;
  /** The provider's stable id of the account. */
  accountId: string | null;
  said: string | null;
  advice: string | null;
  permission: string | null;
  /** Labels of the actions that will be refused for want of it, where that is known. */
  actions: readonly string[];
  status: number | null;
  request: ShownRequest | null;
  retryAfterSeconds: number | null;
  because: string | null;
  /** The time in the request was not believed: nothing is wrong with the credential, nor at the other side. */
  isClockOff: boolean;
}

/** A finding of `kind` about which nothing else is known. */
export function finding(kind: VerdictKind, known: Partial<Finding> = {}): Finding {
  return {
    kind,
    isWithdrawn: false,
    account: null,
    accountId: null,
    said: null,
    advice: null,
    permission: null,
    actions: [],
    status: null,
    request: null,
    retryAfterSeconds: null,
    because: null,
    isClockOff: false,
    ...known,
  };
}

interface Circumstances {
  definition: Pick<Definition, 'name' | 'connectionFields' | 'docsUrl'>;
  method: AuthMethod;
  moment: Told['moment'];
  looksLike: string | null;
  otherAccount: Told['otherAccount'];
  at: Date;
}

/** The verdict as people and programs are given it. */
export function verdictOf(found: Finding, circumstances: Circumstances): Verdict {
  const { definition, method } = circumstances;
  const help = method.keyHelp;
  const { message, nextStep } = sentencesFor(found.kind, {
    integration: definition.name,
    noun: nounOf(method),
    location: help?.location ?? null,
    moment: circumstances.moment,
    account: found.account,
    permission: found.permission,
    actions: found.actions,
    isWithdrawn: found.isWithdrawn,
    because: found.because,
    isClockOff: found.isClockOff,
    retryAfterSeconds: found.retryAfterSeconds,
    otherAccount: circumstances.otherAccount,
    addressFields: definition.connectionFields.map((field) => field.label),
    looksLike: circumstances.looksLike,
    advice: found.advice,
  });
  return {
    kind: found.kind,
    message,
    next_step: nextStep,
    next_step_url: nextStepUrl(found.kind, help),
    provider_message: found.said,
    provider_status: found.status,
    request: found.request,
    permission: found.permission,
    account: found.account,
    retry_after_seconds: found.retryAfterSeconds,
    checked_at: circumstances.at.toISOString(),
  };
}

/** What was entered, in a word: a method with one secret that is called a key has a key. */
function nounOf(method: AuthMethod): string {
  if (method.type === 'api_key') return 'key';
  if (method.type === 'oauth2') return SIGN_IN;
  if (method.type === 'certificate') return 'certificate';
  if (method.type === 'service_account') {
    if (method.fields.some(({ kind }) => kind === 'file')) return KEY_FILE;
    return method.kind === 'aws_access_key' ? 'access keys' : 'key';
  }
  const secrets = 'fields' in method ? method.fields.filter((field) => field.secret) : [];
  const isKey = secrets.length === 1 && /key|token/i.test(secrets[0]?.label ?? '');
  if (isKey) return /token/i.test(secrets[0]?.label ?? '') ? 'token' : 'key';
  return 'sign-in details';
}

/** The page with the key, where going there is what helps. */
function nextStepUrl(kind: VerdictKind, help: KeyHelp | undefined): string | null {
  return kind === 'rejected' || kind === 'expired' ? (help?.url ?? null) : null;
}
