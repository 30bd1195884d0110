import { type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

/** Longer than a popup takes to close and to give back the focus itself. */
const settledMs = 300;

/**
 * What appears in answer to a deed takes the focus where it would be lost, because the button that was pressed is gone; and
 * when it goes itself with the focus in it, the page's heading has it. Nobody's place on the page is taken away.
 */
export function useCaughtFocus(isWanted: boolean): RefObject<HTMLDivElement | null> {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isWanted) return;
    const timer = setTimeout(() => {
      if (document.activeElement === document.body) place.current?.focus({ preventScroll: true });
    }, settledMs);
    return () => clearTimeout(timer);
  }, [isWanted]);
  useLayoutEffect(() => {
    const shown = place.current;
    if (!isWanted || shown === null) return;
    return () => {
      if (shown.contains(document.activeElement)) requestAnimationFrame(focusHeading);
    };
  }, [isWanted]);
  return place;
}

function focusHeading(): void {
  if (document.activeElement !== document.body) return;
  const heading = document.querySelector('h1');
  if (heading === null) return;
  heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}
