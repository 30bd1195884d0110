import { Button } from '@mantine/core';
import { IconAlertTriangleFilled, IconCircleCheckFilled, IconInfoCircleFilled } from '@tabler/icons-react';
import { failureOf } from '../lib/failure.ts';
import styles from './notice.module.css';
import { useCaughtFocus } from './use-caught-focus.ts';

interface NoticeProps {
  tone: 'green' | 'amber' | 'red' | 'grey';
  title: React.ReactNode;
  children?: React.ReactNode;
  /** The next step, as a link or button. */
  action?: React.ReactNode;
  /** Read aloud at once; for outcomes of what the person just did. */
  live?: boolean;
}

const pictures = {
  green: IconCircleCheckFilled,
  amber: IconAlertTriangleFilled,
  red: IconAlertTriangleFilled,
  grey: IconInfoCircleFilled,
};

/** What happened, why, what to do: in that order, at most three lines. */
export function Notice({ tone, title, children, action, live = false }: NoticeProps) {
  const Picture = pictures[tone];
  const place = useCaughtFocus(live);
  return (
    <div
      ref={place}
      className={styles.notice}
      data-tone={tone}
      tabIndex={live ? -1 : undefined}
      role={live ? (tone === 'red' ? 'alert' : 'status') : undefined}
    >
      <Picture size={16} className={styles.picture} aria-hidden />
      <div className={styles.text}>
        <p className={styles.title}>{title}</p>
        {children}
      </div>
      {action !== undefined && <div className={styles.action}>{action}</div>}
    </div>
  );
}

/** A part of a page that could not be loaded. */
export function Failed({ error, retry, what }: { error: unknown; retry?: () => void; what?: string }) {
  const failure = failureOf(error);
  return (
    <Notice
      tone="red"
      live
      title={what ?? failure.title}
      action={
        retry && (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )
      }
    >
      {what !== undefined && <p>{failure.title}</p>}
      {failure.detail !== undefined && <p>{failure.detail}</p>}
      {failure.requestId !== undefined && <p className={styles.quiet}>Request {failure.requestId}</p>}
    </Notice>
  );
}
