import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { Notice } from '../../../ui/notice.tsx';
import { CheckSetup } from './check-setup.tsx';
import { originOf } from './window.ts';

interface Props {
  tool: Integration;
  setup: AuthMethod['setup'];
}

/** What would keep a sign-in from coming back, as far as it is known before anybody registers or clicks. */
export function Beforehand({ tool, setup }: Props) {
  return (
    <>
      {setup?.warnings.map((warning) => (
        <Notice key={warning} tone="amber" title={warning}>
          <CheckSetup />
        </Notice>
      ))}
      <OtherAddress tool={tool} setup={setup} />
    </>
  );
}

/** Where this page is open under another address than sign-ins come back to: they end there, and nobody hears of it here. */
function OtherAddress({ tool, setup }: Props) {
  const comesBackTo = originOf(setup?.redirect_uri);
  if (comesBackTo === null || comesBackTo === location.origin) return null;
  const there = new URL(location.pathname + location.search, comesBackTo).href;
  return (
    <Notice tone="amber" title={`Sign-ins at ${tool.name} come back to ${comesBackTo}.`}>
      <p className="k-inline">
        You have this page open under {location.origin}, where the end of a sign-in is not noticed.{' '}
        <a href={there}>Open it there</a>, and sign in there.
      </p>
    </Notice>
  );
}
