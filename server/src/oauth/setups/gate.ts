import { record } from '../../audit/record.ts';
import type { Clock } from '../../lib/clock.ts';
import type { Transact } from '../../lib/tx.ts';
import { needAttention, recover } from '../../notices/raise.ts';
import type { TokenOutcome } from '../token-endpoint.ts';
import type { Refusal } from './app.ts';
import type { OAuthClient } from './client.ts';
import type { RefusalStore, SetupPlace } from './refusal.ts';

export interface SetupGateDeps {
  transact: Transact;
  refusals: RefusalStore;
  clock: Clock;
  settings: SetupGateSettings;
  log: { warn(fields: object, message: string): void };
  /** What waited for a setup goes on. */
  onWorksAgain(workspaceId: string, integration: string): Promise<void>;
}

export interface SetupGateSettings {
  /** After the first refusal of a setup; doubles with each further one. */
  setupRetryMs: number;
  setupRetryAtMostMs: number;
  /** So long a trial that is due is left to another connection than the one that was refused last. */
  setupOthersFirstMs: number;
}

export const DEFAULT_SETUP_GATE_SETTINGS: SetupGateSettings = {
  setupRetryMs: 30_000,
  setupRetryAtMostMs: 15 * 60_000,
  setupOthersFirstMs: 60_000,
};

/** Whose renewal it is. */
export interface Asker {
  workspaceId: string;
  connectionId: string;
  integration: { slug: string; name: string };
}

/**
 * Stands before the token endpoint. One refused client id or secret stops every connection under it, so one of them finds
 * out, and one at a time tries again:
 *
 *   accepted → [invalid_client] refused: nobody asks → [step over] one asks → [invalid_client] refused, longer step
 *                                                                          → [anything that needed the client] accepted
 *                                    → [id or secret entered anew] accepted
 */
export interface SetupGate {
  /** What a request that nobody holds back (a sign-in) told of the setup. */
  heard(asker: Asker, client: OAuthClient, outcome: TokenOutcome): Promise<void>;
  ask(asker: Asker, client: OAuthClient, ask: () => Promise<TokenOutcome>): Promise<TokenOutcome>;
}

export function createSetupGate(deps: SetupGateDeps): SetupGate {
  const note: SetupGate['heard'] = async (asker, client, outcome) => {
    const place = placeOf(asker, client);
    if (outcome.kind === 'setup_rejected' && outcome.isClient === true)
      await refused(deps, place, asker, outcome.words);
    // A grant that has ended was told to a client that is known.
    const isAccepted = outcome.kind === 'minted' || outcome.kind === 'ended';
    if (isAccepted && client.refusal !== null) await accepted(deps, place, asker);
  };
  // The only live token may be in the outcome: it is never lost for what could not be noted.
  const heard: SetupGate['heard'] = (...told) =>
    note(...told).catch((err: unknown) => {
      deps.log.warn({ err }, 'what a sign-in setup was told is not written down');
    });
  return {
    heard,
    ask: async (asker, client, ask) => {
      const { refusal } = client;
      if (refusal !== null && !(await mayTry(deps, placeOf(asker, client), asker, refusal)))
        return { kind: 'setup_rejected', words: refusal.words };
      const outcome = await ask();
      await heard(asker, client, outcome);
      return outcome;
    },
  };
}

function placeOf({ workspaceId, integration }: Asker, { setUpBy, version }: OAuthClient): SetupPlace {
  return { setUpBy, workspaceId, integration: integration.slug, version };
}

async function mayTry(
  { refusals, clock, settings }: SetupGateDeps,
  place: SetupPlace,
  { connectionId }: Asker,
  refusal: Refusal,
): Promise<boolean> {
  const now = clock.now();
  if (refusal.retryAt > now) return false;
  return refusals.claimTrial(place, {
    by: connectionId,
    now,
    nextAt: new Date(now.getTime() + stepMs(settings, refusal.tries + 1)),
    othersFirstUntil: new Date(now.getTime() - settings.setupOthersFirstMs),
  });
}

function stepMs({ setupRetryMs, setupRetryAtMostMs }: SetupGateSettings, tries: number): number {
  return Math.min(setupRetryMs * 2 ** Math.min(tries - 1, 20), setupRetryAtMostMs);
}

/** The setup says so from now on, and the audit log of everybody who uses it, once. */
async function refused(
  deps: SetupGateDeps,
  place: SetupPlace,
  asker: Asker,
  words: string | null,
): Promise<void> {
  const at = deps.clock.now();
  const retryAt = new Date(at.getTime() + stepMs(deps.settings, 1));
  const isNews = await deps.refusals.mark(place, { words, by: asker.connectionId, at, retryAt });
  if (!isNews) return;
  deps.log.warn({ integration: place.integration, setUpBy: place.setUpBy }, 'a sign-in setup is refused');
  await noted(deps, place, asker, 'oauth_app.refused', at, words);
}

async function accepted(deps: SetupGateDeps, place: SetupPlace, asker: Asker): Promise<void> {
  if (!(await deps.refusals.clear(place))) return;
  for (const workspaceId of await workspacesOf(deps, place))
    await deps.onWorksAgain(workspaceId, place.integration);
  await noted(deps, place, asker, 'oauth_app.accepted_again', deps.clock.now(), null);
}

async function workspacesOf({ refusals }: SetupGateDeps, place: SetupPlace): Promise<string[]> {
  return place.setUpBy === 'workspace' ? [place.workspaceId] : refusals.usersOf(place.integration);
}

async function noted(
  deps: SetupGateDeps,
  place: SetupPlace,
  { integration: { slug, name } }: Asker,
  action: 'oauth_app.refused' | 'oauth_app.accepted_again',
  at: Date,
  words: string | null,
): Promise<void> {
  const subject = { kind: 'sign_in_setup', id: slug, name, integration: slug } as const;
  const who = place.setUpBy === 'operator' ? 'The operator of this server must correct it' : 'Correct it';
  const said = words === null ? '' : ` ${name} says: “${words.replace(/[.\s]+$/, '')}”.`;
  const isRefused = action === 'oauth_app.refused';
  for (const workspaceId of await workspacesOf(deps, place))
    await deps.transact(workspaceId, async (tx) => {
      await record(tx, {
        who: { workspaceId, system: 'keyrail' },
        action,
        subject: { kind: 'oauth_app', id: slug, name },
        detail: { integration: slug, set_up_by: place.setUpBy },
      });
      if (isRefused)
        await needAttention(tx, {
          workspaceId,
          subject,
          about: 'refused',
          title: `${name} needs attention: one-time sign-in setup`,
          message: `${name} does not accept the one-time sign-in setup any more.${said} ${who}; all connections under it then work again by themselves.`,
          whenOver: {
            title: `${name} works again: one-time sign-in setup`,
            message: `The one-time sign-in setup of ${name} works again, and with it the connections under it.`,
          },
          at,
        });
      else await recover(tx, { workspaceId, subject, at, isProven: false });
    });
}
