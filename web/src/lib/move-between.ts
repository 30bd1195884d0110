import type { KeyboardEvent } from 'react';

/** Arrows go from one result to the next as they stand, in lines or one below the other; up from the first line, back to the search. */
export function moveBetween(event: KeyboardEvent, box: HTMLElement | null, field: HTMLElement | null): void {
  const links = [...(box?.querySelectorAll<HTMLElement>('a, button') ?? [])];
  const at = links.findIndex((link) => link.contains(document.activeElement));
  if (at < 0) return;
  const top = links[0]?.offsetTop;
  const inLine = Math.max(
    1,
    links.findIndex((link) => link.offsetTop !== top),
  );
  const columns = links.every((link) => link.offsetTop === top) ? links.length : inLine;
  const steps: Record<string, number> = {
    ArrowRight: 1,
    ArrowLeft: -1,
    ArrowDown: columns,
    ArrowUp: -columns,
  };
  const step = steps[event.key];
  if (step === undefined) return;
  event.preventDefault();
  if (at + step < 0) field?.focus();
  else links[Math.min(at + step, links.length - 1)]?.focus();
}
