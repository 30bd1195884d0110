import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { IconExternalLink } from '@tabler/icons-react';
import { useId } from 'react';
import { CopyField } from '../../../ui/copy-field.tsx';
import styles from './setup-form.module.css';
import { isWebAddress } from './window.ts';

/** What the provider has to be told before it gives out a client id and secret. */
export function RegisterApp({ tool, method }: { tool: Integration; method: AuthMethod }) {
  const { setup, scopes } = method;
  const redirectId = useId();
  if (setup === null) return null;
  return (
    <ol className={styles.steps}>
      <li>
        {setup.register_url !== null && isWebAddress(setup.register_url) ? (
          <a href={setup.register_url} target="_blank" rel="noopener noreferrer">
            Register an app for {tool.name}{' '}
            <IconExternalLink size={13} className={styles.outside} aria-label="opens in a new tab" />
          </a>
        ) : (
          <>Register an app for {tool.name}.</>
        )}
        {setup.note !== null && <span className={styles.note}>{setup.note}</span>}
      </li>
      <li>
        <span id={redirectId}>Give it this redirect URI, exactly as it is:</span>
        <CopyField value={setup.redirect_uri} label="Redirect URI" />
      </li>
      {scopes.length > 0 && (
        <li>
          Allow it these scopes:
          <CopyField value={scopes.map((scope) => scope.name).join(' ')} label="Scopes" />
        </li>
      )}
      <li>Enter the client ID and client secret that {tool.name} shows for it:</li>
    </ol>
  );
}
