import { useEffect, useRef } from 'react';

/** Scrolls to what a press of a button brought about, where it stands below the edge of the page or dialog. */
export function useInSight<Node extends HTMLElement>(changed: unknown): React.RefObject<Node | null> {
  const node = useRef<Node>(null);
  const isFirst = useRef(true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for by each change of what is shown
  useEffect(() => {
    if (isFirst.current) isFirst.current = false;
    else node.current?.scrollIntoView({ block: 'nearest' });
  }, [changed]);
  return node;
}
