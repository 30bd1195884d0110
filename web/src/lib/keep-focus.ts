/**
 * A button that is busy is disabled, and a browser takes the focus off it. The answer gives it back once the work is
 * done; where the button itself is gone by then, to the first one that stands where it stood.
 */
export function keepFocus(): () => void {
  const held = document.activeElement;
  if (!(held instanceof HTMLElement) || held === document.body) return () => {};
  const place = held.parentElement;
  return () =>
    requestAnimationFrame(() => {
      if (document.activeElement !== document.body) return;
      (held.isConnected ? held : place?.querySelector('button'))?.focus({ preventScroll: true });
    });
}
