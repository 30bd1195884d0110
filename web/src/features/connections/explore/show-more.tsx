import { Button } from '@mantine/core';
import { useIntersection } from '@mantine/hooks';
import { useEffect, useEffectEvent } from 'react';
import styles from '../connections.module.css';

interface Props {
  isLoading: boolean;
  isPaused: boolean;
  onMore: () => void;
}

/** The next ones come before their place is reached; the button is for whoever is faster. */
export function ShowMore({ isLoading, isPaused, onMore }: Props) {
  const { ref, entry } = useIntersection({ rootMargin: '600px' });
  const isNear = entry?.isIntersecting === true;
  const ask = useEffectEvent(onMore);
  useEffect(() => {
    if (isNear && !isLoading && !isPaused) ask();
  }, [isNear, isLoading, isPaused]);
  return (
    <div ref={ref} className={styles.more}>
      <Button variant="default" onClick={onMore} loading={isLoading}>
        Show more
      </Button>
    </div>
  );
}
