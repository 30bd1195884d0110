import styles from './bar.module.css';

export interface BarPart {
  key: string;
  value: number;
  tone: 'accent' | 'green' | 'amber' | 'red' | 'grey' | 'faint' | 'empty';
  words: string;
}

interface Props {
  parts: readonly BarPart[];
  total: number;
  label: string;
  /** Something is going on that has no measure. */
  isBusy?: boolean;
}

/** A bar of several parts. What each colour means stands in words beside it. */
export function Bar({ parts, total, label, isBusy = false }: Props) {
  const done = parts.reduce((sum, part) => sum + (part.tone === 'empty' ? 0 : part.value), 0);
  return (
    <div
      className={styles.bar}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={done}
      data-busy={isBusy || undefined}
    >
      {parts
        .filter((part) => part.value > 0)
        .map((part) => (
          <span
            key={part.key}
            className={styles.part}
            data-tone={part.tone}
            title={part.words}
            style={{ width: `${(part.value / total) * 100}%` }}
          />
        ))}
    </div>
  );
}
