import type { Authorization } from '@keyrail/contract/oauth';
import { ApiError } from '@keyrail/sdk/api-error';
import { expect, test } from 'vitest';
import { followSignIn, type SignIn } from './sign-in.ts';

type Look = Partial<Authorization> | Error;

/** Plays a sign-in: one answer per look, a second on the clock per pause unless it says less. */
async function play(looks: Look[], isClosed: (() => boolean) | null = () => false, stopAfter = 50) {
  const told: SignIn[] = [];
  const abort = new AbortController();
  let now = 0;
  let at = 0;
  const deps = {
    now: () => now,
    pause: async (ms: number) => {
      now += ms;
      if (at >= stopAfter) abort.abort();
    },
    look: async () => {
      const look = looks[Math.min(at, looks.length - 1)];
      at += 1;
      if (look instanceof Error) throw look;
      return {
        id: 'aut_1',
        integration: 'x',
        connection_id: null,
        state: 'pending',
        ...look,
      } as Authorization;
    },
  };
  const started = { id: 'aut_1', authorization_url: 'https://provider.example/a', expires_at: null };
  await followSignIn(deps, started, isClosed, (state) => told.push(state), abort.signal);
  const kinds = told.map((state) => state.kind);
  return { told, kinds: kinds.filter((kind, index) => kind !== kinds[index - 1]), now, looks: at };
}

const connected = { state: 'connected', connection_id: 'con_1' } as Partial<Authorization>;

test('a sign-in that ends well is told with its connection, and nobody is asked again', async () => {
  const { kinds, told, looks } = await play([{}, { state: 'finishing' }, connected]);
  expect(kinds).toEqual(['waiting', 'finishing', 'connected']);
  expect(told.at(-1)).toEqual({ kind: 'connected', connectionId: 'con_1' });
  expect(looks).toBe(3);
});

test('a window the person closed is called cancelled within two seconds', async () => {
  let cancelledAt = Number.NaN;
  const abort = new AbortController();
  let now = 0;
  await followSignIn(
    {
      now: () => now,
      pause: async (ms) => {
        now += ms;
      },
      look: async () => ({ state: 'pending' }) as Authorization,
    },
    { id: 'aut_1', authorization_url: 'https://provider.example/a', expires_at: null },
    () => true,
    (state) => {
      if (state.kind !== 'cancelled') return;
      cancelledAt = now;
      abort.abort();
    },
    abort.signal,
  );
  expect(cancelledAt).toBeLessThan(1_000);
});

test('a window that only looks closed, as its provider cut the tie, still ends connected', async () => {
  const { kinds } = await play([{}, {}, {}, {}, {}, {}, connected], () => true);
  expect(kinds).toEqual(['waiting', 'cancelled', 'connected']);
});

test('a window that closed by itself after success is not called cancelled', async () => {
  const { kinds } = await play([{}, { state: 'finishing' }, connected], () => true);
  expect(kinds).toEqual(['waiting', 'finishing', 'connected']);
});

test('a sign-in that reaches several accounts asks which one, although its window is closed by then', async () => {
  const choosing: Look = {
    state: 'choosing',
    choices: [{ value: 'a', label: 'Acme' }],
    choice_label: 'Site',
  };
  const { kinds, told } = await play([{}, choosing, choosing, { state: 'finishing' }, connected], () => true);
  expect(kinds).toEqual(['waiting', 'choosing', 'finishing', 'connected']);
  expect(told).toContainEqual(expect.objectContaining({ kind: 'choosing' }));
  const late = await play([{}, choosing, { state: 'expired' }], () => true);
  expect(late.kinds).toEqual(['waiting', 'choosing', 'failed']);
});

test('without a window the way on is shown, and the end is noticed all the same', async () => {
  const { kinds, told } = await play([{}, {}, connected], null);
  expect(kinds).toEqual(['blocked', 'connected']);
  expect(told[0]).toEqual({ kind: 'blocked', address: 'https://provider.example/a' });
});

test('no network for a moment is no end; a sign-in that nobody knows is', async () => {
  const away = new ApiError({ code: 'network', status: 0, title: 'Keyrail could not be reached.' });
  expect((await play([{}, away, away, connected])).kinds).toEqual(['waiting', 'connected']);
  const unknown = new ApiError({ code: 'not_found', status: 404, title: 'There is nothing here.' });
  const { kinds, looks } = await play([unknown]);
  expect(kinds).toEqual(['refused']);
  expect(looks).toBe(1);
});

test('a failure keeps its reason for the page, and one that is stopped says nothing more', async () => {
  const { told } = await play([{ state: 'failed', reason: 'other_account' }]);
  expect(told).toMatchObject([{ kind: 'failed', authorization: { reason: 'other_account' } }]);
  const { kinds } = await play([{}, connected], () => false, 0);
  expect(kinds).toEqual(['waiting']);
});
