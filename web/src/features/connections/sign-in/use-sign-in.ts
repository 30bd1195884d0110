import type { StartAuthorization } from '@keyrail/contract/oauth';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { followSignIn, type SignIn } from './sign-in.ts';
import { forgetUnderWay, keepUnderWay } from './under-way.ts';
import { onSignInMessage, openSignInWindow, sendTo } from './window.ts';

/** Of a sign-in that began before this page was loaded only the id is known. */
type Followed = {
  id: string;
  authorization_url: string | null;
  expires_at: string | null;
};

export interface SignInControl {
  state: SignIn;
  /** Call it right in the click. */
  begin: (ask: StartAuthorization) => void;
  /** Goes on waiting for one that began before. */
  resume: (id: string) => void;
  /** Says which of the accounts is meant; rejects where it was not taken. */
  choose: (value: string) => Promise<void>;
  /** Stops waiting and closes the window. */
  stop: () => void;
  /** Brings the window to the front again; null where there is none. */
  show: (() => void) | null;
}

interface Current {
  abort: AbortController;
  opened: Window | null;
  /** What was chosen of several accounts, in words. */
  chosen: string | null;
  /** Has the server asked at once. */
  ring: () => void;
}

const looksForCloseEveryMs = 200;

/** One sign-in at a provider, from the click to its end. */
export function useSignIn(
  tool: { slug: string; name: string },
  onConnected: (connectionId: string, chosen: string | null) => void,
): SignInControl {
  const [state, setState] = useState<SignIn>({ kind: 'idle' });
  const current = useRef<Current | null>(null);
  const connected = useRef(onConnected);
  connected.current = onConnected;
  const { slug, name } = tool;

  const leave = useCallback(() => {
    current.current?.abort.abort();
    current.current = null;
  }, []);
  useEffect(() => leave, [leave]);

  const follow = useCallback(
    (started: Followed, mine: Current) => {
      const { abort, opened } = mine;
      const { pause: bell, ring } = doorbell(opened, started.id, abort.signal);
      mine.ring = ring;
      const tell = (next: SignIn) => {
        setState((before) => (sameState(before, next) ? before : next));
        if (isOver(next) || next.kind === 'choosing') opened?.close();
        // A page loaded again later shall not wait for one that was given up.
        if (isOver(next) || next.kind === 'cancelled') forgetUnderWay(slug);
        if (next.kind === 'connected') connected.current(next.connectionId, mine.chosen);
      };
      const deps = { look: (id: string) => api.authorizations.get(id), pause: bell, now: Date.now };
      void followSignIn(deps, started, opened && (() => opened.closed), tell, abort.signal).finally(() =>
        abort.abort(),
      );
    },
    [slug],
  );

  const begin = useCallback(
    (ask: StartAuthorization) => {
      leave();
      const opened = openSignInWindow(name);
      const mine: Current = { abort: new AbortController(), opened, chosen: null, ring: () => {} };
      current.current = mine;
      setState({ kind: 'opening' });
      api.authorizations.start(ask).then(
        (started) => {
          if (mine.abort.signal.aborted) return opened?.close();
          if (opened !== null) sendTo(opened, started.authorization_url);
          keepUnderWay(slug, started.id);
          setState(
            opened === null ? { kind: 'blocked', address: started.authorization_url } : { kind: 'waiting' },
          );
          return follow(started, mine);
        },
        (error: unknown) => {
          opened?.close();
          if (!mine.abort.signal.aborted) setState({ kind: 'refused', error });
        },
      );
    },
    [name, slug, follow, leave],
  );

  const resume = useCallback(
    (id: string) => {
      leave();
      const mine: Current = { abort: new AbortController(), opened: null, chosen: null, ring: () => {} };
      current.current = mine;
      setState({ kind: 'waiting' });
      follow({ id, authorization_url: null, expires_at: null }, mine);
    },
    [follow, leave],
  );

  const choosing = state.kind === 'choosing' ? state.authorization : undefined;
  const choose = useCallback(
    async (value: string) => {
      if (choosing === undefined) return;
      const label = choosing.choices?.find((one) => one.value === value)?.label;
      const mine = current.current;
      if (mine && label) mine.chosen = `${choosing.choice_label ?? 'Account'}: ${label}`;
      try {
        await api.authorizations.choose(choosing.id, value);
      } finally {
        // Taken or not: what has become of it meanwhile is shown at once.
        current.current?.ring();
      }
    },
    [choosing],
  );

  const stop = useCallback(() => {
    current.current?.opened?.close();
    leave();
    forgetUnderWay(slug);
    setState({ kind: 'idle' });
  }, [leave, slug]);

  const opened = current.current?.opened;
  const show = opened == null ? null : () => opened.focus();
  return { state, begin, resume, choose, stop, show };
}

const isOver = ({ kind }: SignIn): boolean => kind === 'connected' || kind === 'failed' || kind === 'refused';

const stays: ReadonlySet<SignIn['kind']> = new Set(['waiting', 'cancelled', 'finishing', 'choosing']);
const sameState = (one: SignIn, other: SignIn): boolean => one.kind === other.kind && stays.has(one.kind);

/** A pause that ends early when it is rung, the window spoke or closed, or this page comes to the front again. */
function doorbell(opened: Window | null, id: string, signal: AbortSignal) {
  let ring = () => {};
  let wasClosed = false;
  const stopListening = onSignInMessage(opened, id, () => ring());
  const onFocus = () => ring();
  addEventListener('focus', onFocus);
  const watch = setInterval(() => {
    if (opened === null || wasClosed || !opened.closed) return;
    wasClosed = true;
    ring();
  }, looksForCloseEveryMs);
  signal.addEventListener('abort', () => {
    clearInterval(watch);
    stopListening();
    removeEventListener('focus', onFocus);
    ring();
  });
  const pause = (ms: number): Promise<void> =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      ring = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  return { pause, ring: () => ring() };
}
