import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import {
  gutterWidth,
  headerHeight,
  isSameView,
  offsetAt,
  rowHeight,
  scrollTopFor,
  type View,
  viewAt,
} from './geometry.ts';
import type { Place } from './selection.ts';

interface Looked {
  view: View;
  /** Scrolls until a cell is wholly on screen. */
  reveal: (place: Place) => void;
  revealColumn: (column: number) => void;
  /** Rows of one screen. */
  pageRows: () => number;
}

/**
 * Which rows and columns are on screen. React draws only when another row or column comes into sight, and within
 * the frame in which the browser scrolled; in between the body is moved by hand.
 */
export function useView(
  viewport: RefObject<HTMLDivElement | null>,
  body: RefObject<HTMLDivElement | null>,
  rowCount: number,
  offsets: readonly number[],
): Looked {
  const measure = useCallback((): View => {
    const box = viewport.current;
    const scroll = {
      top: box?.scrollTop ?? 0,
      left: box?.scrollLeft ?? 0,
      width: box?.clientWidth ?? 1200,
      height: box?.clientHeight ?? 800,
    };
    return viewAt(scroll, rowCount, offsets);
  }, [viewport, rowCount, offsets]);
  const [view, setView] = useState(measure);
  const shown = useRef(view);

  useLayoutEffect(() => {
    const next = measure();
    shown.current = next;
    setView(next);
  }, [measure]);

  // Nothing of the page is asked for here: right after a change that would make the browser lay it out twice.
  useLayoutEffect(() => {
    shown.current = view;
    if (body.current) body.current.style.transform = `translateY(${view.top}px)`;
  }, [view, body]);

  useEffect(() => {
    const box = viewport.current;
    if (box === null) return;
    let frame = 0;
    const draw = () => {
      frame = 0;
      const next = measure();
      if (!isSameView(next, shown.current)) flushSync(() => setView(next));
      else if (body.current) body.current.style.transform = `translateY(${next.top}px)`;
    };
    const ask = () => {
      frame ||= requestAnimationFrame(draw);
    };
    const sized = new ResizeObserver(ask);
    sized.observe(box);
    box.addEventListener('scroll', ask, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      sized.disconnect();
      box.removeEventListener('scroll', ask);
    };
  }, [viewport, body, measure]);

  const revealColumn = useCallback(
    (column: number) => {
      const box = viewport.current;
      if (box === null || column === 0) return;
      const pinned = offsets[1] ?? 0;
      const left = offsets[column] ?? 0;
      const right = offsets[column + 1] ?? left;
      if (left < box.scrollLeft + pinned) box.scrollLeft = left - pinned;
      else if (right > box.scrollLeft + box.clientWidth - gutterWidth) {
        box.scrollLeft = right - box.clientWidth + gutterWidth;
      }
    },
    [viewport, offsets],
  );

  const reveal = useCallback(
    ({ row, column }: Place) => {
      const box = viewport.current;
      if (box === null) return;
      const bodyHeight = box.clientHeight - headerHeight;
      const offset = offsetAt(box.scrollTop, rowCount, bodyHeight);
      const top = row * rowHeight;
      if (top < offset) box.scrollTop = scrollTopFor(top, rowCount, bodyHeight);
      else if (top + rowHeight > offset + bodyHeight) {
        box.scrollTop = Math.ceil(scrollTopFor(top + rowHeight - bodyHeight, rowCount, bodyHeight));
      }
      revealColumn(column);
    },
    [viewport, rowCount, revealColumn],
  );

  const pageRows = useCallback(
    () => Math.max(1, Math.floor(((viewport.current?.clientHeight ?? 600) - headerHeight) / rowHeight) - 1),
    [viewport],
  );

  return { view, reveal, revealColumn, pageRows };
}
