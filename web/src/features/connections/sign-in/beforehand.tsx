import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { Notice } from '../../../ui/notice.tsx';
import { originOf } from './window.ts';

interface Props {
  tool: Integration;
  setup: AuthMethod['setup'];
}

/** What would keep a sign-in from coming back, as far as it is known before anybody clicks or registers. */
export function Beforehand({ tool, setup }: Props) {
  const comesBackTo = originOf(setup?.redirect_uri);
  if (comesBackTo === null || comesBackTo === location.origin) return null;
  const there = new URL(location.pathname + location.search, comesBackTo).href;
  return (
    <Notice tone="amber" title={`Sign-ins at ${tool.name} come back to ${comesBackTo}.`}>
      <p>
        You have this page open under {location.origin}, where the end of a sign-in is not noticed.{' '}
        <a href={there}>Open it there</a>, and sign in there.
      </p>
    </Notice>
  );
}
