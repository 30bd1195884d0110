import styles from './skeleton.module.css';

/** A grey bar of the size of what is coming, so that nothing moves when it comes. */
export function Skeleton({ width = '100%', height = 12 }: { width?: number | string; height?: number }) {
  return <span className={styles.bar} style={{ width, height }} aria-hidden />;
}

/** Rows of a list that is being loaded, each of its final height. */
export function SkeletonRows({ rows = 3, height = 56 }: { rows?: number; height?: number }) {
  return (
    <div role="status" aria-label="Loading" className={styles.rows}>
      {Array.from({ length: rows }, (_, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all the same and never move
        <div key={at} className={styles.row} style={{ height }}>
          <Skeleton width={32} height={Math.min(32, height - 16)} />
          <Skeleton width={`${34 - ((at * 7) % 18)}%`} />
        </div>
      ))}
    </div>
  );
}
