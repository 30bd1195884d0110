import type { Discovered } from '@keyrail/contract/custom';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Checkbox } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import styles from './custom.module.css';
import type { DraftAuth } from './draft.ts';
import { Line, type PartProps } from './form-parts.tsx';

interface Props {
  auth: DraftAuth;
  set: (more: Partial<DraftAuth>) => void;
  problem: PartProps['problem'];
}

/** Asks a sign-in server by its issuer for its addresses, and fills them in; what is entered otherwise stays. */
export function DiscoverField({ auth, set, problem }: Props) {
  const [found, setFound] = useState<Discovered | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const issuer = auth.issuer.trim();

  const find = async () => {
    if (issuer === '' || isBusy) return;
    setBusy(true);
    setError(null);
    setFound(null);
    try {
      const answer = await api.customIntegrations.discover(issuer);
      setFound(answer);
      set(discoveredDraft(answer));
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  return (
    <div className={styles.group}>
      <div className={styles.find}>
        <Line
          label="Issuer"
          description="The address of its sign-in server. Where the server describes itself, the fields below are filled from it."
          placeholder="https://login.acme.example"
          value={auth.issuer}
          onText={(text) => {
            set({ issuer: text });
            setFound(null);
            setError(null);
          }}
          error={(error instanceof ApiError ? error.field('issuer') : undefined) ?? problem('auth.issuer')}
          inputMode="url"
          onKeyDown={(event) => event.key === 'Enter' && void find()}
        />
        <Button
          variant="default"
          leftSection={<IconSearch size={14} />}
          onClick={() => void find()}
          disabled={issuer === ''}
          loading={isBusy}
        >
          Find addresses
        </Button>
      </div>
      <div aria-live="polite" className={styles.found}>
        {error !== null && <NotFound error={error} />}
        {found !== null && <Found found={found} />}
      </div>
      {issuer !== '' && (
        <Checkbox
          label="It always says its issuer when people come back"
          description="Then a sign-in that comes back without it is refused."
          checked={auth.isIssuerSent}
          onChange={(event) => set({ isIssuerSent: event.currentTarget.checked })}
        />
      )}
    </div>
  );
}

/** What the server says of itself, as a draft. Scopes are chosen by the person. */
function discoveredDraft({ auth }: Discovered): Partial<DraftAuth> {
  return {
    authorizeUrl: auth.authorize_url,
    tokenUrl: auth.token_url,
    refreshUrl: auth.refresh_url ?? '',
    revokeUrl: auth.revoke_url ?? '',
    issuer: auth.issuer ?? '',
    isIssuerSent: auth.is_issuer_sent,
    pkce: auth.pkce,
    tokenAuthMethod: auth.token_auth_method,
  };
}

const shownScopes = 24;

function Found({ found }: { found: Discovered }) {
  const { scopes_supported: scopes } = found;
  const rest = scopes.length - shownScopes;
  return (
    <Notice tone="green" title="Found its addresses; they are filled in below.">
      {found.notes.map((note) => (
        <p key={note}>{note}</p>
      ))}
      {scopes.length > 0 && (
        <p>
          Scopes it knows: <span className="k-mono">{scopes.slice(0, shownScopes).join(' ')}</span>
          {rest > 0 && ` and ${rest} more`}. Enter those that are needed below.
        </p>
      )}
    </Notice>
  );
}

function NotFound({ error }: { error: unknown }) {
  const failure = failureOf(error);
  if (error instanceof ApiError && error.field('issuer') !== undefined) return null;
  return (
    <Notice tone="red" title={failure.title}>
      {failure.detail !== undefined && <p>{failure.detail}</p>}
      <p>Nothing was filled in. The addresses can be entered by hand.</p>
    </Notice>
  );
}
