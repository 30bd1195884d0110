import type { Delivery } from '@keyrail/contract/notices';
import { CloseButton, Loader } from '@mantine/core';
import { useCallback, useEffect, useRef, useState } from 'react';
import { api } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './notifications.module.css';
import { type Target, testTarget } from './target.ts';
import { useTargetsChanged } from './use-targets-changed.ts';

export type Outcome =
  | { kind: 'sending' }
  | { kind: 'answered'; deliveries: Delivery[] }
  | { kind: 'refused'; error: unknown };

const lookAgainMs = 700;
/** A mail server or receiver that says nothing is told as not arrived within its own time limit. */
const patienceMs = 40_000;

/** Sends a test and looks until the first attempt came to something. */
export function useTest(target: Target) {
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const isGone = useRef(false);
  const changed = useTargetsChanged();
  useEffect(() => {
    isGone.current = false;
    return () => {
      isGone.current = true;
    };
  }, []);
  const run = async () => {
    setOutcome({ kind: 'sending' });
    try {
      const { data } = await testTarget(target);
      setOutcome({ kind: 'answered', deliveries: await tried(target.id, data, () => isGone.current) });
    } catch (error) {
      setOutcome({ kind: 'refused', error });
    } finally {
      changed();
    }
  };
  const clear = useCallback(() => setOutcome(null), []);
  return { outcome, isBusy: outcome?.kind === 'sending', run, clear };
}

/** The same deliveries, once each was attempted. */
async function tried(channel: string, sent: Delivery[], isGone: () => boolean): Promise<Delivery[]> {
  const ids = new Set(sent.map(({ id }) => id));
  const endsAt = Date.now() + patienceMs;
  let now = sent;
  while (now.some((one) => one.state === 'pending' && one.attempts === 0)) {
    if (isGone() || Date.now() > endsAt) return now;
    await new Promise((resolve) => setTimeout(resolve, lookAgainMs));
    const { data } = await api.deliveries.list({ channel, limit: 50 });
    now = data.filter(({ id }) => ids.has(id));
  }
  return now;
}

/** What came of a test, where it was asked for. */
export function TestOutcome({ outcome, onClose }: { outcome: Outcome; onClose: () => void }) {
  const close = <CloseButton size="sm" onClick={onClose} aria-label="Close this message" />;
  if (outcome.kind === 'sending') {
    return (
      <p className={styles.sending} role="status">
        <Loader size={14} aria-hidden /> Sending a test…
      </p>
    );
  }
  if (outcome.kind === 'refused') {
    const { title, detail } = failureOf(outcome.error);
    return (
      <Notice tone="red" live title={title} action={close}>
        <p>{detail}</p>
      </Notice>
    );
  }
  const lost = outcome.deliveries.filter(({ state }) => state !== 'delivered');
  if (lost.length === 0) {
    return <Notice tone="green" live title="The test arrived." action={close} />;
  }
  return (
    <Notice tone="red" live title="The test did not arrive." action={close}>
      {lost.map((one) => (
        <p key={one.id}>{notArrived(one)}</p>
      ))}
    </Notice>
  );
}

function notArrived({ recipient, last_answer: answer, state }: Delivery): string {
  const said = answer === null ? 'There is no answer yet; the log below shows it.' : `The answer: ${answer}.`;
  const again = state === 'pending' && answer !== null ? ' It is tried again.' : '';
  return `${recipient === null ? '' : `${recipient}: `}${said.replace(/\.\.$/, '.')}${again}`;
}
