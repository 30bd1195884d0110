import { Button } from '@mantine/core';
import { IconMapOff } from '@tabler/icons-react';
import { type ErrorComponentProps, Link, useRouter } from '@tanstack/react-router';
import { Empty } from '../ui/empty.tsx';
import { Failed } from '../ui/notice.tsx';
import { Skeleton } from '../ui/skeleton.tsx';
import styles from './fallbacks.module.css';

/** While a page's code or its first data is on the way. */
export function Pending() {
  return (
    <div className={styles.pending} role="status" aria-label="Loading">
      <Skeleton width={180} height={20} />
      <Skeleton width="60%" />
      <Skeleton width="44%" />
    </div>
  );
}

/** A page that failed. The rest of the app stands. */
export function Crashed({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return (
    <div className={styles.center}>
      <Failed error={error} retry={retry} />
    </div>
  );
}

export function NotFound() {
  return (
    <div className={styles.center}>
      <Empty
        icon={<IconMapOff size={20} />}
        title="There is no page at this address"
        actions={
          <Button renderRoot={(props) => <Link to="/" {...props} />} variant="default">
            Go to Overview
          </Button>
        }
      >
        It may have been deleted, or the link may be cut short.
      </Empty>
    </div>
  );
}
