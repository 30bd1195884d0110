import type { ConnectionStatus } from '@keyrail/contract/connections';
import { record } from '../audit/record.ts';
import type { Catalogs } from '../catalog/catalogs.ts';
import type { Definition } from '../catalog/definition.ts';
import { enqueue } from '../jobs/queue.ts';
import type { Clock } from '../lib/clock.ts';
import type { Transact, Tx } from '../lib/tx.ts';
import type { TokenOwner } from '../tokens/mint.ts';
import type { EndedBecause, FirstFailure, TokenEvents } from '../tokens/token.ts';
import { connectionCheck } from './announce.ts';
import { type Connection, isBroken } from './connection.ts';
import { changeConnection, findConnection, lockConnection } from './connection-store.ts';
import { changeFields, findCredential } from './credential-store.ts';
import { insertEvent } from './event-store.ts';
import { givenFields } from './given-fields.ts';
import { endsSoonSentence } from './status.ts';
import { isSetupTold, tellStatus } from './tell-status.ts';
import { toldWords } from './told-words.ts';

interface Deps {
  transact: Transact;
  catalogs: Catalogs;
  clock: Clock;
}

/** The address that came with a token is made the connection's, where that has not come about yet. */
export async function followAddress(
  deps: Deps,
  owner: TokenOwner,
  came: Readonly<Record<string, string>>,
): Promise<void> {
  const { name, definition } = await knownOf(deps, owner);
  const fields = givenFields(definition, came);
  await deps.transact(owner.workspaceId, (tx) => moveAddress(deps, tx, owner, name, fields));
}

/** What becomes of a connection when its tokens can no longer be renewed: its status says so once, with the reason. */
export function tokenEvents(deps: Deps): TokenEvents {
  return {
    ended: async (owner, because, words) => {
      const name = await nameOf(deps, owner);
      const message = `${SENTENCES[because](name)}${said(name, words)} Reconnect it.`;
      return (tx) =>
        change(deps, tx, owner, { status: STATUS[because], message, because: REASON[because], name });
    },
    setupRejected: async (owner, words, isOut) => {
      const name = await nameOf(deps, owner);
      const message = `${name} does not accept the one-time sign-in setup any more.${said(name, words)} Check the setup; the connection then works again by itself.`;
      return async (tx) => {
        if (isOut)
          await change(deps, tx, owner, { status: 'invalid', message, because: 'setup_rejected', name });
      };
    },
    failed: async (owner, failed) => {
      const name = await nameOf(deps, owner);
      const message = `${FAILED[failed.kind](name)}${said(name, failed.words)} ${meanwhile(failed)}`;
      return (tx) => note(deps, tx, owner, 'refresh_failed', message);
    },
    renewed: async (owner, { failures, fields }) => {
      const known = await knownOf(deps, owner);
      const again = `The access to ${known.name} is renewed again, after ${counted(failures)}.`;
      return async (tx) => {
        const allowed = givenFields(known.definition, fields);
        if (Object.keys(allowed).length > 0) await moveAddress(deps, tx, owner, known.name, allowed);
        if (failures > 0) await note(deps, tx, owner, 'refreshed', again);
      };
    },
    endsSoon: async (owner, endsAt) => {
      const name = await nameOf(deps, owner);
      const message = endsSoonSentence(name, endsAt, deps.clock.now());
      return (tx) => forecast(deps, tx, owner, message, endsAt);
    },
    recovered: async (tx, { workspaceId, connectionId }) => {
      const payload = { workspace_id: workspaceId, connection_id: connectionId };
      await enqueue(tx, connectionCheck, payload, { key: `${connectionCheck.name}:${connectionId}` });
    },
  };
}

const STATUS: Record<EndedBecause, ConnectionStatus> = {
  expired: 'expired',
  revoked: 'revoked',
  rejected: 'invalid',
  interrupted: 'expired',
};

/** As the audit log and the API name it. */
const REASON: Record<EndedBecause, string> = {
  expired: 'expired',
  revoked: 'revoked',
  rejected: 'rejected',
  interrupted: 'renewal_interrupted',
};

const FAILED: Record<FirstFailure['kind'], (name: string) => string> = {
  not_now: (name) => `The access to ${name} could not be renewed just now.`,
  setup_rejected: (name) =>
    `The access to ${name} could not be renewed: the one-time sign-in setup is not accepted.`,
};

function meanwhile({ usableUntil }: FirstFailure): string {
  if (usableUntil === null) return 'Until then no call gets through; it is tried again by itself.';
  if (usableUntil === 'unknown') return 'What there is stays in use; it is tried again by itself.';
  const until = usableUntil.toISOString().slice(0, 16).replace('T', ' at ');
  return `What there is stays in use until ${until} UTC; it is tried again by itself.`;
}

function counted(failures: number): string {
  return failures === 1 ? 'one try that failed' : `${failures} tries that failed`;
}

const SENTENCES: Record<EndedBecause, (name: string) => string> = {
  expired: (name) => `Access to ${name} has expired and could not be renewed.`,
  revoked: (name) => `Access was withdrawn at ${name}.`,
  rejected: (name) => `${name} no longer accepts these sign-in details.`,
  interrupted: (name) =>
    `Renewing the access to ${name} was interrupted, so the answer was lost, and ${name} does not give it again.`,
};

function said(name: string, words: string | null): string {
  const { said: theirs, advice } = toldWords(words);
  const quoted = theirs === null ? '' : ` ${name} says: “${theirs.replace(/[.\s]+$/, '')}”.`;
  return advice === null ? quoted : `${quoted} ${advice}`;
}

/** Told once, of the credential that is in use; of a replaced one nobody needs to hear. */
async function change(
  { clock }: Deps,
  tx: Tx,
  owner: TokenOwner,
  {
    status,
    message,
    because,
    name,
  }: { status: ConnectionStatus; message: string; because: string; name: string },
): Promise<void> {
  const { workspaceId, connectionId, credentialVersion } = owner;
  const connection = await lockConnection(tx, workspaceId, connectionId);
  if (connection === null || connection.credentialVersion !== credentialVersion) return;
  if (connection.status === 'disconnected') return;
  // A setup heals by itself. What ends the access stays true, also where the catalog alone was in its way.
  const isEnd = because !== 'setup_rejected';
  if (isBroken(connection.status) && (connection.misfit === null || !isEnd)) return;
  const now = clock.now();
  const saved = { status, statusReason: message, statusSince: now } as const;
  await changeConnection(tx, connection, saved, { now, byPerson: false });
  await insertEvent(tx, connection, { kind: 'status_changed', message, actor: null, at: now });
  // One entry and one notice, of the setup, stand for all connections under it (oauth/setups/gate.ts).
  if (isEnd || !(await isSetupTold(tx, connection)))
    await tellStatus(tx, connection, { status, name, reason: message, at: now });
  if (!isEnd) return;
  await record(tx, {
    who: { workspaceId, system: 'keyrail' },
    action: 'connection.status_changed',
    subject: { kind: 'connection', id: connectionId, name: connection.name },
    detail: { from: connection.status, to: status, because },
  });
}

/** A line of the timeline, for the credential that is in use. */
async function note(
  { clock }: Deps,
  tx: Tx,
  owner: TokenOwner,
  kind: 'refresh_failed' | 'refreshed',
  message: string,
): Promise<void> {
  const { workspaceId, connectionId, credentialVersion } = owner;
  const connection = await findConnection(tx, workspaceId, connectionId);
  if (connection === null || connection.credentialVersion !== credentialVersion) return;
  await insertEvent(tx, connection, { kind, message, actor: null, at: clock.now() });
}

/** A known end comes near. Where something is wrong besides, that stays what is shown, and the timeline alone says this. */
async function forecast(
  { clock }: Deps,
  tx: Tx,
  owner: TokenOwner,
  message: string,
  endsAt: Date,
): Promise<void> {
  const { workspaceId, connectionId, credentialVersion } = owner;
  const connection = await lockConnection(tx, workspaceId, connectionId);
  if (connection === null || connection.credentialVersion !== credentialVersion) return;
  const { status, name } = connection;
  // A check has said it before us.
  if (isBroken(status) || status === 'disconnected' || status === 'expiring_soon') return;
  const now = clock.now();
  const isShown = status === 'connected';
  if (isShown) {
    const saved = { status: 'expiring_soon', statusReason: message, statusSince: now } as const;
    await changeConnection(tx, connection, saved, { now, byPerson: false });
  }
  await insertEvent(tx, connection, { kind: 'status_changed', message, actor: null, at: now });
  await record(tx, {
    who: { workspaceId, system: 'keyrail' },
    action: isShown ? 'connection.status_changed' : 'connection.access_ends_soon',
    subject: { kind: 'connection', id: connectionId, name },
    detail: {
      ...(isShown ? { from: status, to: 'expiring_soon' } : {}),
      because: 'access_ends',
      ends_at: endsAt.toISOString(),
    },
  });
}

/** What addresses are made from came anew with a token: written with the credential and, of the one in use, the connection. */
async function moveAddress(
  { clock }: Deps,
  tx: Tx,
  owner: TokenOwner,
  name: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  const { workspaceId, connectionId, credentialVersion } = owner;
  const connection = await lockConnection(tx, workspaceId, connectionId);
  const stored = connection === null ? null : await findCredential(tx, connection, credentialVersion);
  if (connection === null || stored === null) return;
  if (Object.entries(fields).every(([field, value]) => stored.fields[field] === value)) return;
  await changeFields(tx, connection, credentialVersion, { ...stored.fields, ...fields });
  if (connection.credentialVersion !== credentialVersion) return;
  const now = clock.now();
  const changed = { fields: { ...connection.fields, ...fields } };
  await changeConnection(tx, connection, changed, { now, byPerson: false });
  const message = `${name} gave another address with the renewed access: ${Object.values(fields).join(', ')}. Calls go there from now on.`;
  await insertEvent(tx, connection, { kind: 'address_changed', message, actor: null, at: now });
  await record(tx, {
    who: { workspaceId, system: 'keyrail' },
    action: 'connection.address_followed',
    subject: { kind: 'connection', id: connectionId, name: connection.name },
    detail: { integration: connection.integration, ...fields },
  });
}

async function nameOf(deps: Deps, owner: TokenOwner): Promise<string> {
  return (await knownOf(deps, owner)).name;
}

/** The integration and its name; read before the transaction that tells, because the catalog may have to be read for it. */
async function knownOf(
  { transact, catalogs }: Deps,
  { workspaceId, connectionId }: TokenOwner,
): Promise<{ name: string; definition: Definition | null }> {
  const connection = await transact(workspaceId, (tx) => findConnection(tx, workspaceId, connectionId));
  const slug: Connection['integration'] | undefined = connection?.integration;
  const definition = slug === undefined ? undefined : (await catalogs.of(workspaceId)).get(slug);
  return { name: definition?.name ?? slug ?? 'The other side', definition: definition ?? null };
}
