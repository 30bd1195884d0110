import { describe, expect, it } from 'vitest';
import type { Who } from '../workspaces/who.ts';
import {
  all,
  clock,
  connected,
  database,
  provider,
  replacing,
  room,
  sentBy,
  useConnections,
  who,
} from './lifecycle-under-test.ts';
import { account, forgetJobs, GOOD_KEY, jobsOf, json, OTHER_GOOD_KEY, trace } from './under-test.ts';

useConnections();

describe('new credentials', () => {
  it('take the place of the old ones in one step, and the old ones can be taken back', async () => {
    const made = await connected();
    expect(await sentBy(made.id)).toBe(GOOD_KEY);
    const replaced = await room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null);
    expect(replaced).toMatchObject({
      connection: {
        status: 'connected',
        hint: '0002',
        previousCredential: { hint: '0001' },
        credentialVersion: 2,
      },
      verdict: { kind: 'ok' },
    });
    expect(await sentBy(made.id)).toBe(OTHER_GOOD_KEY);

    const back = await room.connections.rollBack(who, made.id, null);
    expect(back.connection).toMatchObject({
      hint: '0001',
      credentialVersion: 3,
      previousCredential: { hint: '0002' },
    });
    expect(await sentBy(made.id)).toBe(GOOD_KEY);
  });

  it('with another user name or key id beside the secret are taken by calls that began with the old ones', async () => {
    const entering = (user: string, password: string) => ({ user, password });
    for (const pair of ['jane:one', 'june:two']) provider.on(pair, account('acc_1', 'jane@acme.example'));
    const { connection } = await room.connections.connect(who, {
      integration: 'acme',
      name: undefined,
      method: 'basic',
      credentials: entering('jane', 'one'),
      saveUnverified: false,
      makeDefault: false,
    });
    const { id, fields } = connection;
    const begun = room.connections.credentialSource(who.workspaceId, id, fields);
    expect((await begun.current()).kind).toBe('credential');
    const next = { name: undefined, credentials: entering('june', 'two'), saveUnverified: false };
    await room.connections.update(who, id, next, null);
    expect((await begun.current()).kind).toBe('credential');
    expect(await begun.refused(1)).toMatchObject({ version: 2 });
  });

  it('that came while the old ones were checked are checked in their place, and nothing is held against them', async () => {
    const { id } = await connected();
    let refuse: () => void = () => {};
    const isAsked = new Promise<void>((asked) =>
      provider.on(GOOD_KEY, (response, ...rest) => {
        refuse = () => json(401, { code: 'expired' })(response, ...rest);
        asked();
      }),
    );
    const checked = room.connections.verify(who, id);
    await isAsked;
    await room.connections.update(who, id, replacing(OTHER_GOOD_KEY), null);
    refuse();
    const { connection, verdict } = await checked;
    expect([verdict.kind, connection.status]).toEqual(['ok', 'connected']);
  });

  it('that are rejected leave no trace', async () => {
    const made = await connected();
    const before = await trace(database, who);
    await expect(
      room.connections.update(who, made.id, replacing('fake-key-wrong-001'), null),
    ).rejects.toMatchObject({
      code: 'credential_rejected',
    });
    expect(await trace(database, who)).toBe(before);
    expect(await sentBy(made.id)).toBe(GOOD_KEY);
  });

  it('of another account are refused, naming both', async () => {
    const made = await connected();
    provider.on('fake-key-stranger', account('acc_2', 'bob@other.example'));
    await expect(
      room.connections.update(who, made.id, replacing('fake-key-stranger'), null),
    ).rejects.toMatchObject({
      extra: {
        verdict: {
          kind: 'wrong_account',
          message:
            'This key belongs to another account (bob@other.example) than this connection (jane@acme.example).',
        },
      },
    });
  });

  it('from before are destroyed when their time is over, and cannot be taken back then', async () => {
    const made = await connected();
    await room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null);
    clock.move(23 * 3_600_000);
    await room.connections.sweep();
    expect((await room.connections.get(who, made.id)).previousCredential).not.toBeNull();
    clock.move(2 * 3_600_000);
    await room.connections.sweep();
    expect((await room.connections.get(who, made.id)).previousCredential).toBeNull();
    const { data } = await room.connections.events(who, made.id, { limit: 1, cursor: undefined });
    expect(data).toMatchObject([{ kind: 'previous_destroyed', actor: null }]);
    expect(await sealedOf(made.id)).toEqual([
      { state: 'retired', isThere: false },
      { state: 'current', isThere: true },
    ]);
    await expect(room.connections.rollBack(who, made.id, null)).rejects.toMatchObject({
      reason: 'no_previous_credential',
    });
  });

  it('from before cannot be taken back once their time is over, whether the sweep came by or not', async () => {
    const made = await connected();
    const hour = { ...replacing(OTHER_GOOD_KEY), keepPreviousMs: 3_600_000 };
    await room.connections.update(who, made.id, hour, null);
    clock.move(3_600_001);
    await expect(room.connections.rollBack(who, made.id, null)).rejects.toMatchObject({
      reason: 'no_previous_credential',
    });
  });

  it('may be those of another method of the integration', async () => {
    const made = await connected();
    provider.on('jane:fake-password-0001', account('acc_1', 'jane@acme.example'));
    const { connection } = await room.connections.reconnect(
      who,
      made.id,
      {
        method: 'basic',
        credentials: { user: 'jane', password: 'fake-password-0001' },
        saveUnverified: false,
      },
      null,
    );
    expect(connection).toMatchObject({ id: made.id, method: 'basic', fields: { user: 'jane' } });
    const back = await room.connections.rollBack(who, made.id, null);
    expect(back.connection).toMatchObject({ method: 'api_key', fields: {} });
    expect(await sentBy(made.id)).toBe(GOOD_KEY);
  });

  it('of another account are taken where somebody says so', async () => {
    const made = await connected();
    provider.on('fake-key-moved', account('acc_3', 'bob@other.example'));
    const entered = { credentials: { api_key: 'fake-key-moved' }, saveUnverified: false };
    await expect(room.connections.reconnect(who, made.id, entered, null)).rejects.toMatchObject({
      code: 'credential_rejected',
    });
    const accepted = { ...entered, acceptOtherAccount: true };
    const { connection } = await room.connections.reconnect(who, made.id, accepted, null);
    expect(connection).toMatchObject({ accountId: 'acc_3', account: { name: 'bob@other.example' } });
  });

  it('from before that the provider no longer takes are not taken back', async () => {
    const made = await connected({ key: 'fake-key-short-lived' }).catch(() => null);
    expect(made).toBeNull();
    provider.on('fake-key-short-lived', account('acc_1', 'jane@acme.example'));
    const kept = await connected({ key: 'fake-key-short-lived' });
    await room.connections.update(who, kept.id, replacing(GOOD_KEY), null);
    provider.on('fake-key-short-lived', json(401, { code: 'revoked' }));
    await expect(room.connections.rollBack(who, kept.id, null)).rejects.toMatchObject({
      code: 'credential_rejected',
    });
    expect(await sentBy(kept.id)).toBe(GOOD_KEY);
  });

  it('stored by several at once make one current credential and no conflict', async () => {
    const made = await connected();
    await Promise.all(
      [1, 2, 3].map(() => room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null)),
    );
    const states = (await sealedOf(made.id)).map((one) => one.state);
    expect(states).toEqual(['retired', 'retired', 'previous', 'current']);
    expect(await sentBy(made.id)).toBe(OTHER_GOOD_KEY);
  });
});

describe('the audit log', () => {
  it('tells that a credential changed and to which, by fingerprints that differ between workspaces', async () => {
    const made = await connected();
    await room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null);
    const elsewhere = await room.owner();
    await connected({}, elsewhere);
    const [created, rotated] = await entriesOf(who);
    const [foreign] = await entriesOf(elsewhere);
    expect(created).toMatchObject({
      action: 'connection.created',
      detail: { fingerprint: expect.stringMatching(/^.{16}$/) },
    });
    expect(rotated).toMatchObject({
      action: 'connection.rotated',
      detail: {
        fingerprint_before: created?.detail.fingerprint,
        fingerprint: expect.stringMatching(/^.{16}$/),
      },
    });
    expect(rotated?.detail.fingerprint).not.toBe(created?.detail.fingerprint);
    expect(foreign?.detail.fingerprint).not.toBe(created?.detail.fingerprint);
  });

  it('and the person hear of a key that is connected already', async () => {
    await connected({ name: 'Sales' });
    const again = await room.connections.connect(who, {
      integration: 'acme',
      name: undefined,
      method: 'api_key',
      credentials: { api_key: GOOD_KEY },
      saveUnverified: false,
      makeDefault: false,
    });
    expect(again.notes).toEqual(['The same credentials are connected already, as “Sales”.']);
  });
});

describe('disconnecting', () => {
  it('destroys the secrets and keeps the connection; new credentials heal it', async () => {
    const made = await connected();
    await room.connections.update(who, made.id, replacing(OTHER_GOOD_KEY), null);
    const gone = await room.connections.disconnect(who, made.id);
    expect(gone).toMatchObject({
      id: made.id,
      name: made.name,
      isDefault: true,
      status: 'disconnected',
      hint: null,
      nextCheckAt: null,
    });
    expect((await sealedOf(made.id)).every((one) => !one.isThere)).toBe(true);
    expect(await sentBy(made.id)).toBeNull();
    await expect(room.connections.verify(who, made.id)).rejects.toMatchObject({ code: 'connection_broken' });
    await forgetJobs(database);
    const back = await room.connections.reconnect(
      who,
      made.id,
      { credentials: { api_key: GOOD_KEY }, saveUnverified: false },
      null,
    );
    expect(back.connection).toMatchObject({ id: made.id, status: 'connected', isDefault: true });
    expect(await sentBy(made.id)).toBe(GOOD_KEY);
    expect(await jobsOf(database, 'connections.healed')).toContain(made.id);
  });

  it('deleting the default of several asks which becomes it, and takes only another of the same integration', async () => {
    const [first, second, third] = [await connected(), await connected(), await connected()];
    const stranger = await connected({ integration: 'other' });
    const remove = (id: string, newDefault?: string) =>
      room.connections.remove(who, id, { newDefault, version: null });
    await expect(remove(first.id)).rejects.toMatchObject({ code: 'conflict', reason: 'new_default_needed' });
    for (const wrong of [first.id, stranger.id, 'con_00000000000000000000000000']) {
      await expect(remove(first.id, wrong)).rejects.toMatchObject({ fields: [{ path: 'new_default' }] });
    }
    await remove(first.id, third.id);
    expect((await room.connections.get(who, third.id)).isDefault).toBe(true);
    await remove(second.id);
    await remove(third.id);
    expect((await room.connections.list(who, { ...all, integration: 'acme' })).data).toEqual([]);
  });

  it('deleting removes it and its secrets for good', async () => {
    const made = await connected();
    await room.connections.remove(who, made.id, { newDefault: undefined, version: null });
    await expect(room.connections.get(who, made.id)).rejects.toMatchObject({ code: 'not_found' });
    expect(await sealedOf(made.id)).toEqual([]);
    expect(await sentBy(made.id)).toBeNull();
    expect(await trace(database, who)).toMatch(
      /connection\.created.*connection\.deleted|connection\.deleted.*connection\.created/,
    );
  });
});

async function entriesOf({ workspaceId }: Who) {
  const rows = await database.db.system
    .selectFrom('audit_entries')
    .select(['action', 'detail'])
    .where('workspace_id', '=', workspaceId)
    .orderBy('action')
    .execute();
  return rows.map((row) => ({ action: row.action, detail: row.detail as Record<string, unknown> }));
}

async function sealedOf(id: string): Promise<{ state: string; isThere: boolean }[]> {
  const rows = await database.db.system
    .selectFrom('credentials')
    .select(['state', 'sealed'])
    .where('connection_id', '=', id)
    .orderBy('version')
    .execute();
  return rows.map((row) => ({ state: row.state, isThere: row.sealed !== null }));
}
