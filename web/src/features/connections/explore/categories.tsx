import { useEffect, useRef } from 'react';
import { Skeleton } from '../../../ui/skeleton.tsx';
import styles from '../connections.module.css';

export interface Counted {
  name: string;
  count: number;
}

interface CategoriesProps {
  chosen: string | null;
  onChoose: (category: string | null) => void;
  all: readonly Counted[];
  /** What the search found of each; one without stays in its place. */
  found: readonly Counted[];
}

export function Categories({ chosen, onChoose, all, found }: CategoriesProps) {
  const box = useRef<HTMLFieldSetElement>(null);
  // On a phone they stand in one line that is pushed sideways: the chosen one is not to be looked for.
  useEffect(() => {
    const chip = chosen === null ? null : box.current?.querySelector('[aria-pressed="true"]');
    if (!box.current || !chip) return;
    const [line, place] = [box.current.getBoundingClientRect(), chip.getBoundingClientRect()];
    box.current.scrollBy({ left: place.left - line.left - (line.width - place.width) / 2 });
  }, [chosen]);
  return (
    <fieldset ref={box} className={styles.chips} aria-label="Categories">
      <button
        type="button"
        className={styles.chip}
        aria-pressed={chosen === null}
        onClick={() => onChoose(null)}
      >
        All
      </button>
      {all.map(({ name, count: most }) => {
        const size = found.find((one) => one.name === name)?.count ?? 0;
        return (
          <button
            key={name}
            type="button"
            className={styles.chip}
            aria-pressed={chosen === name}
            data-none={size === 0 || undefined}
            onClick={() => onChoose(chosen === name ? null : name)}
          >
            {name}
            <span style={{ minWidth: `${String(most).length}ch` }}>{size}</span>
          </button>
        );
      })}
    </fieldset>
  );
}

export function ChipSkeletons() {
  return (
    <div className={`${styles.chips} ${styles.waiting}`} aria-hidden>
      {[44, 92, 74, 86, 105, 132, 72, 108, 98, 118, 96, 90, 104].map((width) => (
        <Skeleton key={width} width={width} height={28} />
      ))}
    </div>
  );
}
