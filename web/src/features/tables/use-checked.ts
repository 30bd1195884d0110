import { useCallback, useRef, useState } from 'react';
import type { RowWindow } from './grid/row-window.ts';

/** A run takes at most this many chosen rows. */
const mostChecked = 10_000;

/** The rows that were ticked, by id, with their place. */
export function useChecked(rows: RowWindow) {
  const [checked, setChecked] = useState<ReadonlyMap<string, number>>(new Map());
  const last = useRef<number | null>(null);

  const toggle = useCallback(
    (index: number, isRange: boolean) => {
      const from = isRange && last.current !== null ? last.current : index;
      last.current = index;
      const [top, bottom] = from < index ? [from, index] : [index, from];
      if (bottom - top > mostChecked) return;
      void rows.ensure(top, bottom).then(() => {
        setChecked((before) => {
          const next = new Map(before);
          const isOn = !before.has(rows.row(index)?.id ?? '');
          for (let at = top; at <= bottom; at++) {
            const id = rows.row(at)?.id;
            if (id === undefined) continue;
            if (isOn && next.size < mostChecked) next.set(id, at);
            else if (!isOn) next.delete(id);
          }
          return next;
        });
      });
    },
    [rows],
  );
  const clear = useCallback(() => {
    last.current = null;
    setChecked(new Map());
  }, []);
  return { rows: checked, toggle, clear };
}

export type Checked = ReturnType<typeof useChecked>;
