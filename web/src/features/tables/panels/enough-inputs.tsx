import styles from './panels.module.css';
import type { WaysToStart } from './ways-to-start.ts';

interface Props {
  ways: WaysToStart;
  /** Required inputs are filled too. */
  isReady: boolean;
}

/** Whether the inputs go together to begin with, and if not, what is lacking. It stays in both cases, so that the inputs do not jump. */
export function EnoughInputs({ ways, isReady }: Props) {
  return (
    <div className={`k-2 k-small ${styles.enough}`}>
      <p role="status" aria-live="polite">
        {ways.next ?? (isReady ? 'Enough to start.' : '')}
      </p>
      {ways.all.length > 0 && (
        <details className={styles.details}>
          <summary>Other ways</summary>
          <ul>
            {ways.all.map((way) => (
              <li key={way}>{way}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
