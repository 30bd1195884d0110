import type { Row } from '@keyrail/contract/tables';
import { useCallback, useRef, useState } from 'react';
import { toastError } from '../../lib/toast.tsx';
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
      const check = (found: readonly Row[]) =>
        setChecked((before) => {
          const next = new Map(before);
          const isOn = !before.has(found[index - top]?.id ?? '');
          found.forEach(({ id }, at) => {
            if (isOn && next.size < mostChecked) next.set(id, top + at);
            else if (!isOn) next.delete(id);
          });
          return next;
        });
      rows.read(top, bottom).then(check, (error: unknown) => toastError(error, 'Not chosen'));
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
