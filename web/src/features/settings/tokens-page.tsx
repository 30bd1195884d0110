import type { ApiToken } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { IconKey, IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { tokensQuery } from '../../lib/queries.ts';
import { toastDone } from '../../lib/toast.tsx';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { CreateTokenPopup } from './create-token-popup.tsx';
import styles from './settings.module.css';

export function TokensPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'API tokens' }]);
  const mayChange = useMay('admin');
  const [isMaking, setMaking] = useState(false);
  return (
    <Page
      title="API tokens"
      about="For programs that call Keyrail on behalf of this workspace."
      actions={
        mayChange && (
          <Button leftSection={<IconPlus size={14} />} onClick={() => setMaking(true)}>
            Create token
          </Button>
        )
      }
    >
      {mayChange ? <Tokens onCreate={() => setMaking(true)} /> : <NotAllowed />}
      <CreateTokenPopup opened={isMaking} onClose={() => setMaking(false)} />
    </Page>
  );
}

function NotAllowed() {
  const contact = useHelpContact();
  return (
    <Notice tone="grey" title="API tokens are for owners and admins.">
      <p>Ask {contact} for one.</p>
    </Notice>
  );
}

function Tokens({ onCreate }: { onCreate: () => void }) {
  const tokens = useQuery(tokensQuery);
  const [revoking, setRevoking] = useState<ApiToken | null>(null);
  const client = useQueryClient();
  if (tokens.isPending) return <SkeletonRows rows={3} height={48} />;
  if (tokens.isError) return <Failed error={tokens.error} retry={() => void tokens.refetch()} />;
  if (tokens.data.data.length === 0) {
    return (
      <Empty
        icon={<IconKey size={20} />}
        title="No token yet"
        actions={
          <Button variant="default" onClick={onCreate}>
            Create token
          </Button>
        }
      >
        A token lets a script read tables, start runs or manage connections, within the scopes you give it.
      </Empty>
    );
  }
  return (
    <>
      <TokenList tokens={tokens.data.data} onRevoke={setRevoking} />
      <Confirm
        opened={revoking !== null}
        onClose={() => setRevoking(null)}
        title="Revoke token"
        verb="Revoke"
        onConfirm={async () => {
          if (revoking === null) return;
          await api.tokens.revoke(revoking.id);
          await client.invalidateQueries({ queryKey: tokensQuery.queryKey });
          void client.invalidateQueries({ queryKey: ['expiries'] });
          toastDone(`“${revoking.name}” was revoked.`);
        }}
      >
        <p>
          Programs that use <strong>{revoking?.name}</strong> are refused from now on. This cannot be undone.
        </p>
      </Confirm>
    </>
  );
}

function TokenList({ tokens, onRevoke }: { tokens: ApiToken[]; onRevoke: (token: ApiToken) => void }) {
  return (
    <ul className={`${list.box} ${styles.tokens}`}>
      {tokens.map((token) => (
        <li key={token.id} className={`${list.row} ${styles.token}`}>
          <span className={styles.tokenName}>
            <span className={list.name}>{token.name}</span>
            <span className={styles.scopeList}>{token.scopes.join(', ')}</span>
          </span>
          <span className={`k-mono ${styles.tokenFact}`}>{token.hint}</span>
          <span className={styles.tokenFact}>
            {token.last_used_at === null ? (
              'Not used yet'
            ) : (
              <>
                Used <Ago at={token.last_used_at} />
              </>
            )}
            <br />
            {token.expires_at === null ? (
              'Never expires'
            ) : (
              <>
                Expires <Ago at={token.expires_at} />
              </>
            )}
          </span>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => onRevoke(token)}
            aria-label={`Revoke ${token.name}`}
          >
            Revoke
          </Button>
        </li>
      ))}
    </ul>
  );
}
