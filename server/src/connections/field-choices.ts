import type { FieldChoices } from '@keyrail/contract/integrations';
import { authenticator, usesTokens } from '../auth-methods/apply.ts';
import { bearer } from '../auth-methods/bearer.ts';
import { signedAssertion } from '../auth-methods/mint-service-account.ts';
import { answerValue } from '../catalog/answers/answer-value.ts';
import { readPath } from '../catalog/answers/path.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { AuthMethod } from '../catalog/definition/auth-definition.ts';
import type { ConnectionField, ListedFrom } from '../catalog/definition/field-definition.ts';
import type { Probe } from '../catalog/definition/probe-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { methodIdOf } from '../catalog/methods.ts';
import { fieldProblem, resolveBaseUrl } from '../catalog/requests/base-url.ts';
import { buildRequest } from '../catalog/requests/request.ts';
import { AppError } from '../lib/app-error.ts';
import { Secret } from '../lib/secret.ts';
import { bodyText } from '../outbound/answer-body.ts';
import { type CredentialSource, literalCredential } from '../outbound/credential-source.ts';
import type { Answer } from '../outbound/outcome.ts';
import type { Who } from '../workspaces/who.ts';
import { type CheckEnteredDeps, egressDenied } from './check-entered.ts';
import type { Entered } from './connect.ts';
import { readEntered } from './entered.ts';
import { findingIn, findingWithoutAnswer } from './finding.ts';
import { addressOf, basePathOf, chooseMethod } from './method.ts';
import { mintFrom } from './mint.ts';
import { findingWithoutMint } from './token-finding.ts';
import { mintedCredential } from './token-method.ts';
import { trustedBy } from './trusted.ts';
import { type Finding, finding, verdictOf } from './verdict.ts';

type Deps = CheckEnteredDeps & { catalogs: Catalogs };

export interface ChoicesAsk {
  method: string | undefined;
  credentials: Entered;
  field: string;
}

/** More than a person looks through; what is beyond them is typed in. */
const MOST = 500;
const MOST_PAGES = 5;
const LONGEST_LABEL = 120;

/**
 * What the tool itself offers for one field, asked with what was entered for the others. Nothing is stored. Throws
 * `invalid_input` as saving does, and `credential_rejected` with the verdict where the tool does not answer with a list.
 */
export async function fieldChoices(
  deps: Deps,
  who: Who,
  slug: string,
  ask: ChoicesAsk,
): Promise<FieldChoices> {
  const catalog = await deps.catalogs.of(who.workspaceId);
  if (catalog.get(slug) === undefined) throw new AppError('not_found');
  const chosen = chooseMethod(catalog, slug, ask.method);
  const field = listedField(chosen, ask.field);
  if (field === null) throw unlisted(ask.field);
  const { definition, method } = withoutField(chosen, ask.field);
  const { [ask.field]: _, ...credentials } = ask.credentials;
  const { values, fields } = await readEntered(definition, method, credentials, {}, deps.clock.now());
  const target = { workspaceId: who.workspaceId, definition, method, fields, values };
  const credential = await signedBy(deps, target, field.listedFrom.signedBy);
  return pages(deps, target, field, credential);
}

/** `addressField`: it may stand in an address, so that what it can be is bounded. */
type Listed = { listedFrom: ListedFrom; addressField: ConnectionField | null };

function listedField({ definition, method }: Chosen, name: string): Listed | null {
  const own = 'fields' in method ? method.fields.find((one) => one.name === name) : undefined;
  const shared = definition.connectionFields.find(
    (one) => one.name === name && (one.methods?.includes(methodIdOf(method)) ?? true),
  );
  const listedFrom = (own ?? shared)?.listedFrom;
  return listedFrom === undefined
    ? null
    : { listedFrom, addressField: own === undefined ? (shared ?? null) : null };
}

interface Chosen {
  definition: Definition;
  method: AuthMethod;
}

/** Everything else is entered already; this one is what is looked for. */
function withoutField({ definition, method }: Chosen, name: string): Chosen {
  const left = <F extends { name: string }>(fields: readonly F[]) =>
    fields.filter((one) => one.name !== name);
  const fewer = 'fields' in method ? { ...method, fields: left(method.fields) } : method;
  return {
    definition: { ...definition, connectionFields: left(definition.connectionFields) },
    method: fewer,
  };
}

interface Target extends Chosen {
  workspaceId: string;
  fields: Readonly<Record<string, string>>;
  values: Secret<Readonly<Record<string, string>>>;
}

async function signedBy(
  deps: Deps,
  target: Target,
  signedBy: ListedFrom['signedBy'],
): Promise<CredentialSource> {
  const { definition, method, fields, values } = target;
  if (signedBy === 'assertion') return byAssertion(deps, target);
  if (!usesTokens(method, fields)) {
    const signer = authenticator(method, values, basePathOf(definition, method, fields));
    return literalCredential({ version: 1, ...signer });
  }
  const outcome = await mintFrom(deps, target);
  if ('denied' in outcome && outcome.denied) throw egressDenied(definition.name, outcome.denied);
  if (outcome.kind !== 'minted') throw refused(deps, target, findingWithoutMint(outcome));
  return literalCredential(mintedCredential(target, outcome.minted));
}

async function byAssertion(deps: Deps, target: Target): Promise<CredentialSource> {
  const { definition, method, fields, values } = target;
  const jwt =
    method.type === 'service_account' && method.kind !== 'aws_access_key'
      ? await signedAssertion(deps, { method, definition, fields }, values, null)
      : null;
  if (jwt === null) throw refused(deps, target, finding('rejected'));
  const token = new Secret({ access_token: jwt.assertion.reveal() });
  return literalCredential({ version: 1, ...bearer(undefined, token, '') });
}

async function pages(
  deps: Deps,
  target: Target,
  field: Listed,
  credential: CredentialSource,
): Promise<FieldChoices> {
  const found = new Map<string, string>();
  const { pageSize } = field.listedFrom;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const { answer, records } = await asked(deps, target, field.listedFrom, page, credential);
    for (const record of records) addChoice(found, field, record, answer);
    const isLast = pageSize === undefined || records.length < pageSize;
    if (isLast || found.size >= MOST) return presented(found, isLast);
  }
  return presented(found, false);
}

function presented(found: ReadonlyMap<string, string>, isLast: boolean): FieldChoices {
  const data = [...found].slice(0, MOST).map(([value, label]) => ({ value, label }));
  return { data, is_complete: isLast && found.size <= MOST };
}

async function asked(
  deps: Deps,
  target: Target,
  listed: ListedFrom,
  page: number,
  credential: CredentialSource,
): Promise<{ answer: Answer; records: readonly unknown[] }> {
  const address = addressOf(target.definition, target.method);
  const built = buildRequest(address, listed.request, { page }, target.fields);
  if (built.kind === 'unfit') {
    const fields = [{ path: `credentials.${built.name}`, message: built.message }];
    throw new AppError('invalid_input', { fields });
  }
  const base = resolveBaseUrl(address, target.fields);
  const { body, ...rest } = built.request;
  const outcome = await deps.outbound.call({
    request: { ...rest, ...(body === null ? {} : { body }) },
    allowedOrigins: base.kind === 'ready' ? [new URL(base.url).origin] : [],
    credential,
    trusted: trustedBy(target.definition, target.method, target.fields),
    workspaceId: target.workspaceId,
    connectionId: null,
    consumer: 'probe',
    repeatable: true,
    maxAttempts: 2,
    signal: AbortSignal.timeout(deps.settings.checkTimeoutMs),
    read: () => ({ kind: 'final' }),
  });
  if (outcome.kind === 'egress_denied') throw egressDenied(target.definition.name, outcome.reason);
  if (outcome.kind === 'no_credential') throw refused(deps, target, finding('provider_error'));
  if (!('answer' in outcome) || outcome.answer === null)
    throw refused(deps, target, findingWithoutAnswer(outcome, target.method));
  const { answer } = outcome;
  const meant = findingIn(target.definition, asProbe(listed), answer, deps.clock.now());
  if (meant.kind !== 'ok') throw refused(deps, target, meant);
  const value = answerValue(target.definition, bodyText(answer));
  const records = listed.records === '' ? value : readPath(value, listed.records);
  if (Array.isArray(records)) return { answer, records };
  throw refused(
    deps,
    target,
    finding('provider_error', { because: 'its answer was not what was asked for' }),
  );
}

/** The answer is judged as that to a check is. */
function asProbe({ request }: ListedFrom): Probe {
  return { request, check: [], account: {}, answers: [] };
}

/** What cannot stand in the field is no choice. Names are the tool's: they may hold anything, the secret too. */
function addChoice(found: Map<string, string>, field: Listed, record: unknown, answer: Answer): void {
  const { value, label, detail, where } = field.listedFrom;
  const isMeant = Object.entries(where).every(
    ([path, wanted]) => (readPath(record, path) ?? null) === wanted,
  );
  const one = textOf(readPath(record, value));
  if (!isMeant || one === null || found.has(one)) return;
  const isUnfit = field.addressField !== null && fieldProblem(field.addressField, one) !== null;
  if (isUnfit || answer.redact(one) !== one) return;
  const said = [label, detail].map((path) => (path === undefined ? null : textOf(readPath(record, path))));
  const shown = said.filter((text) => text !== null).join(' · ') || one;
  const line = answer
    .redact(shown)
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  found.set(one, line.length > LONGEST_LABEL ? `${line.slice(0, LONGEST_LABEL - 1)}…` : line);
}

function textOf(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return typeof value === 'string' && value.trim() !== '' && value.length <= 500 ? value.trim() : null;
}

function refused(deps: Deps, { definition, method }: Chosen, found: Finding): AppError {
  const at = deps.clock.now();
  const verdict = verdictOf(found, {
    definition,
    method,
    moment: 'entering',
    looksLike: null,
    otherAccount: null,
    at,
  });
  const detail = [verdict.message, verdict.next_step].filter((part) => part !== null).join(' ');
  return new AppError('credential_rejected', { reason: verdict.kind, detail, extra: { verdict } });
}

function unlisted(name: string): AppError {
  return new AppError('invalid_input', {
    fields: [
      { path: 'field', message: `There is no field “${name.slice(0, 60)}” whose choices are listed.` },
    ],
  });
}
