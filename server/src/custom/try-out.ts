import type { CustomDefinition, CustomTestResult } from '@keyrail/contract/custom';
import type { ConnectionId } from '@keyrail/contract/ids';
import { verdict as verdictShape } from '@keyrail/contract/verdicts';
import { type ExecuteDeps, execute } from '../actions/execute.ts';
import type { ActionOutcome } from '../actions/outcome.ts';
import type { PreparedAction } from '../actions/prepare.ts';
import type { Action } from '../catalog/definition/action-definition.ts';
import type { Definition } from '../catalog/definition.ts';
import { resolveBaseUrl } from '../catalog/requests/base-url.ts';
import type { Connections } from '../connections/connections.ts';
import { AppError } from '../lib/app-error.ts';
import type { Who } from '../workspaces/who.ts';
import type { AddressDeps } from './addresses.ts';
import { type Recorder, recording } from './exchange.ts';
import { readDescribed } from './read-described.ts';
import { fit, refuseBound } from './save.ts';

export interface TryOutDeps extends AddressDeps {
  connections: Pick<Connections, 'tryEntered' | 'enteredCredential'>;
  actions: ExecuteDeps;
}

export interface Trying {
  described: CustomDefinition;
  credentials: Readonly<Record<string, string>>;
  /** An action's name; null: the check request. */
  action: string | null;
  inputs: Readonly<Record<string, unknown>>;
}

const PATIENCE_MS = 5_000;
const LONGEST_MS = 45_000;

/**
 * Sends the check request, or one action, as it is described right now, and shows what went over the wire. Nothing is saved, no
 * stored credential takes part: what is sent was entered with this very request, and goes where it says.
 */
export async function tryOut(deps: TryOutDeps, who: Who, asked: Trying): Promise<CustomTestResult> {
  refuseBound(who);
  const { described, credentials } = withToken(asked);
  const fitted = await fit(deps, described);
  const read = readDescribed(fitted.described, 'custom-new', 'new');
  if (read.kind === 'problems') throw new AppError('invalid_input', { fields: read.fields });
  const recorder = recording(deps.actions.outbound, Object.values(credentials));
  const result =
    asked.action === null
      ? await tryCheck(deps, who, read.definition, credentials, recorder)
      : await tryAction(deps, who, read.definition, credentials, recorder, asked);
  return { ...result, exchange: recorder.last(), notes: [...fitted.notes, ...result.notes] };
}

type Result = Omit<CustomTestResult, 'exchange'>;

async function tryCheck(
  { connections }: TryOutDeps,
  who: Who,
  definition: Definition,
  credentials: Trying['credentials'],
  { outbound }: Recorder,
): Promise<Result> {
  if (definition.probe === undefined) return NO_CHECK;
  try {
    const { verdict, notes } = await connections.tryEntered(
      { workspaceId: who.workspaceId, definition, credentials },
      outbound,
    );
    return { ...said(verdict), notes };
  } catch (error) {
    // That a check says no is what it is for.
    if (!(error instanceof AppError) || error.code !== 'credential_rejected') throw error;
    return { ...said(verdictShape.parse(error.extra?.verdict)), notes: [] };
  }
}

const NO_CHECK: Result = {
  is_ok: false,
  message: 'There is no check request to send.',
  next_step: 'Describe one, or try an action.',
  verdict: null,
  outputs: null,
  notes: [],
};

function said(verdict: NonNullable<CustomTestResult['verdict']>): Omit<Result, 'notes'> {
  const { kind, message, next_step } = verdict;
  return { is_ok: kind === 'ok', message, next_step, verdict, outputs: null };
}

async function tryAction(
  deps: TryOutDeps,
  who: Who,
  definition: Definition,
  credentials: Trying['credentials'],
  { outbound }: Recorder,
  asked: Trying,
): Promise<Result> {
  const action = definition.actions.find(({ name }) => name === asked.action);
  if (action === undefined)
    throw new AppError('invalid_input', {
      fields: [{ path: 'action', message: `There is no action “${asked.action}”.` }],
    });
  const unkept = { workspaceId: who.workspaceId, definition, credentials };
  const entered = await deps.connections.enteredCredential(unkept, outbound);
  const prepared = prepare(who.workspaceId, definition, action, entered);
  const outcome = await execute(
    { ...deps.actions, outbound },
    {
      prepared,
      inputs: asked.inputs,
      poll: null,
      consumer: 'tryout',
      patienceMs: PATIENCE_MS,
      signal: AbortSignal.timeout(LONGEST_MS),
    },
  );
  return { verdict: null, notes: entered.notes, ...toldOf(outcome) };
}

type Entered = Awaited<ReturnType<Connections['enteredCredential']>>;

/** As for a saved connection; the recorder leaves out its name, so that nothing is counted. */
function prepare(
  workspaceId: Who['workspaceId'],
  definition: Definition,
  action: Action,
  { source, fields }: Entered,
): PreparedAction {
  const address = { ...definition, baseUrl: action.baseUrl ?? definition.baseUrl };
  const base = resolveBaseUrl(address, fields);
  if (base.kind === 'unfit')
    throw new AppError('invalid_input', { fields: [{ path: 'base_url', message: base.message }] });
  const connection = {
    id: UNSAVED as ConnectionId,
    workspaceId,
    integration: definition.slug,
    name: definition.name,
    fields,
    accountId: null,
    method: 'unsaved',
    status: 'unverified' as const,
    creditsLeft: null,
  };
  return {
    workspaceId,
    definition,
    action,
    connection,
    credential: source,
    address,
    allowedOrigins: [new URL(base.url).origin],
    rateWindows: [],
    budgetKey: UNSAVED,
  };
}

const UNSAVED = 'unsaved';

function toldOf(outcome: ActionOutcome): Omit<Result, 'verdict' | 'notes'> {
  switch (outcome.kind) {
    case 'done':
      return {
        is_ok: true,
        message: 'It worked.',
        next_step: null,
        outputs: outcome.outputs as CustomTestResult['outputs'],
      };
    case 'no_result':
      return { is_ok: true, message: outcome.message, next_step: null, outputs: {} };
    case 'cancelled':
    case 'pending':
      return { is_ok: false, message: 'No answer came in time.', next_step: null, outputs: null };
    case 'skipped':
      return {
        is_ok: false,
        message: outcome.message,
        next_step: 'Fill in what is missing.',
        outputs: null,
      };
    default:
      return { is_ok: false, message: outcome.message, next_step: outcome.nextStep, outputs: null };
  }
}

/** What a sign-in would bring is pasted for the trial: signing in needs the integration to be saved. */
function withToken({ described, credentials }: Trying): Pick<Trying, 'described' | 'credentials'> {
  if (described.auth.type !== 'oauth2') return { described, credentials };
  const { access_token: token = '', ...others } = credentials;
  return {
    described: { ...described, auth: { type: 'bearer', label: 'Access token' } },
    credentials: token === '' ? others : { ...others, token },
  };
}
