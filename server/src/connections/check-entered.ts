import type { Verdict } from '@keyrail/contract/verdicts';
import { authenticator, usesTokens } from '../auth-methods/apply.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { foreignKeyForm, type KeyForm } from '../catalog/key-forms.ts';
import { AppError } from '../lib/app-error.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import type { DeniedReason } from '../outbound/outcome.ts';
import type { Minted } from '../tokens/mint.ts';
import type { Connection } from './connection.ts';
import { type ReadEntered, readEntered } from './entered.ts';
import { basePathOf } from './method.ts';
import { type MintDeps, mintFrom } from './mint.ts';
import { probe } from './probe.ts';
import { type SaveDecision, saveDecision } from './status.ts';
import { findingWithoutMint } from './token-finding.ts';
import { mintedCredential } from './token-method.ts';
import { type Finding, finding, verdictOf } from './verdict.ts';

export interface CheckEnteredDeps extends MintDeps {
  keyForms: readonly KeyForm[];
  settings: { checkTimeoutMs: number };
}

export interface Entering {
  workspaceId: string;
  definition: Definition;
  method: AuthMethod;
  credentials: Readonly<Record<string, string>>;
  saveUnverified: boolean;
  /** The credentials may belong to another account than before. */
  acceptOtherAccount?: boolean;
  /** The connection these credentials are for; null: a new one. */
  existing: Connection | null;
  /** How to call with them, where they have been saved before. */
  source?: CredentialSource;
}

export interface CheckedValues {
  found: Finding;
  verdict: Verdict;
  at: Date;
  /** The token it was checked with, where it is used through tokens: stored along, so that none is asked for twice. */
  minted: Minted | null;
}

export interface Accepted extends CheckedValues {
  entered: ReadEntered;
  notes: string[];
}

/**
 * Reads what was entered, checks it at the provider, and either gives back what may now be saved or throws
 * `credential_rejected` with the verdict. Nothing is stored here, and no transaction is open.
 */
export async function checkEntered(deps: CheckEnteredDeps, entering: Entering): Promise<Accepted> {
  const { definition, method, existing } = entering;
  const entered = await readEntered(
    definition,
    method,
    entering.credentials,
    existing?.fields ?? {},
    deps.clock.now(),
    { ended: entering.saveUnverified },
  );
  const looksLike = likeAnotherService(deps.keyForms, definition, entered);
  const checked = await checkValues(deps, entering, entered, looksLike);
  const isSure = checked.found.kind === 'ok' || looksLike === null;
  const remark = isSure ? [] : [`What was entered has the form of another service's key (${looksLike}).`];
  // What addresses are made from may come with the token alone; it is saved with what was entered.
  const fields = { ...entered.fields, ...checked.minted?.fields };
  return { ...checked, entered: { ...entered, fields }, notes: [...entered.notes, ...remark] };
}

/** The check itself, for values that are clean already. */
export async function checkValues(
  deps: CheckEnteredDeps,
  entering: Omit<Entering, 'credentials'>,
  entered: Pick<ReadEntered, 'values' | 'fields' | 'notes'>,
  looksLike: string | null = null,
): Promise<CheckedValues> {
  const { definition, method, existing } = entering;
  const { minted, finding: reached } = await reach(deps, entering, entered);
  const isOther = entering.acceptOtherAccount !== true && isOtherAccount(existing, reached);
  const found = isOther ? { ...reached, kind: 'wrong_account' as const } : reached;
  const at = deps.clock.now();
  const otherAccount = isOther ? { before: existing?.account?.name ?? null } : null;
  const verdict = verdictOf(found, { definition, method, moment: 'entering', looksLike, otherAccount, at });
  if (!maySave(saveDecision(found.kind), entering.saveUnverified)) throw rejected(verdict, entered.notes);
  return { found, verdict, at, minted };
}

interface Reached {
  finding: Finding;
  minted: Minted | null;
}

async function reach(
  deps: CheckEnteredDeps,
  entering: Omit<Entering, 'credentials'>,
  { values, fields }: Pick<ReadEntered, 'values' | 'fields'>,
): Promise<Reached> {
  const { definition, method, workspaceId } = entering;
  if (entering.source !== undefined) return asked(deps, entering, fields, entering.source, null);
  if (!usesTokens(method, fields)) {
    const signer = authenticator(method, values, basePathOf(definition, method, fields));
    return asked(deps, entering, fields, literalCredential({ version: 1, ...signer }), null);
  }
  const from = { workspaceId, definition, method, fields, values };
  const outcome = await mintFrom(deps, from);
  if ('denied' in outcome && outcome.denied) throw egressDenied(definition.name, outcome.denied);
  if (outcome.kind !== 'minted') return { finding: findingWithoutMint(outcome), minted: null };
  const { minted } = outcome;
  const known = { ...fields, ...minted.fields };
  const credential = literalCredential(mintedCredential({ ...from, fields: known }, minted));
  return asked(deps, entering, known, credential, minted);
}

async function asked(
  deps: CheckEnteredDeps,
  { definition, method, workspaceId }: Omit<Entering, 'credentials'>,
  fields: Readonly<Record<string, string>>,
  credential: CredentialSource,
  minted: Minted | null,
): Promise<Reached> {
  const outcome = await probe(deps, {
    definition,
    method,
    fields,
    credential,
    workspaceId,
    connectionId: null,
    timeoutMs: deps.settings.checkTimeoutMs,
  });
  if (outcome.kind === 'found') return { finding: outcome.finding, minted };
  if (outcome.kind === 'egress_denied') throw egressDenied(definition.name, outcome.reason);
  return { finding: finding('provider_error', { because: 'the check could not be made' }), minted };
}

/** The same words for every address that is refused: whether something listens there is nobody's business. */
export function egressDenied(integration: string, reason: DeniedReason): AppError {
  return new AppError('egress_denied', {
    reason,
    detail: `The address of ${integration} is one this server does not call. The operator can allow an address and port with KEYRAIL_ALLOWED_PRIVATE_HOSTS.`,
  });
}

/** Only where the provider names the account by something stable, and did so both times. */
function isOtherAccount(existing: Connection | null, { accountId }: Finding): boolean {
  return existing?.accountId != null && accountId !== null && existing.accountId !== accountId;
}

function likeAnotherService(
  forms: readonly KeyForm[],
  { slug }: Definition,
  { secrets }: Pick<ReadEntered, 'secrets'>,
): string | null {
  for (const secret of secrets) {
    const other = foreignKeyForm(forms, slug, secret.reveal());
    if (other !== null) return other.service;
  }
  return null;
}

function maySave(decision: SaveDecision, saveUnverified: boolean): boolean {
  return decision === 'save' || (decision === 'save_if_asked' && saveUnverified);
}

function rejected(verdict: Verdict, notes: readonly string[]): AppError {
  const detail = [verdict.message, verdict.next_step, ...notes].filter((part) => part !== null).join(' ');
  return new AppError('credential_rejected', { reason: verdict.kind, detail, extra: { verdict } });
}
