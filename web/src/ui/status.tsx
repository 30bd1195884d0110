import type { ConnectedApp, ConnectionStatus } from '@keyrail/contract/connections';
import { IconAlertTriangleFilled, IconCircleCheckFilled, IconCircleDashed } from '@tabler/icons-react';
import { statusWords, type Tone } from '../lib/words.ts';
import styles from './status.module.css';

const pictures: Record<Tone, typeof IconCircleCheckFilled> = {
  green: IconCircleCheckFilled,
  amber: IconAlertTriangleFilled,
  red: IconAlertTriangleFilled,
  grey: IconCircleDashed,
};

interface Props {
  tone: Tone;
  children: React.ReactNode;
  title?: string | undefined;
}

/** A state: always a colour with a sign and a word, never a colour alone. */
export function Status({ tone, children, title }: Props) {
  const Picture = pictures[tone];
  return (
    <span className={styles.status} data-tone={tone} title={title}>
      <Picture size={15} aria-hidden />
      <span>{children}</span>
    </span>
  );
}

/** The worst of a tool's connections; of one that the catalog no longer has, that. */
export function AppState({ app }: { app: ConnectedApp }) {
  if (app.is_missing) return <Status tone="amber">Not in the catalog any more</Status>;
  return <ConnectionState status={app.worst_status} />;
}

/** Green check when it works, warning icon when it does not. */
export function ConnectionState({ status, reason }: { status: ConnectionStatus; reason?: string | null }) {
  const said = statusWords[status];
  return (
    <Status tone={said.tone} title={reason ?? undefined}>
      {said.words}
    </Status>
  );
}
