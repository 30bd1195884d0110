import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Button, Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { PropsWithChildren } from 'react';
import { count } from '../../lib/format.ts';
import { dependentsQuery } from '../../lib/queries.ts';
import { wantsReconnect } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import { Fact } from '../../ui/fact.tsx';
import { Failed } from '../../ui/notice.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { ConnectionState } from '../../ui/status.tsx';
import { CheckNow } from './check-now.tsx';
import type { RowDialog } from './connection-actions.tsx';
import styles from './connection-drawer.module.css';
import { DateLines } from './date-lines.tsx';
import { fieldLabel } from './methods.ts';
import { lacksAccess, MissingAccess, ScopeName, shownStatus } from './missing-access.tsx';
import { NextStep, OwnWords } from './outcome.tsx';
import { Credentials } from './previous-key.tsx';
import { endsSoon, reconnectVerb } from './reconnect-words.ts';
import { Timeline } from './timeline.tsx';
import { UsageStrip } from './usage-strip.tsx';
import { WithdrawalLine } from './withdrawal.tsx';

interface Props {
  tool: Integration;
  connection: Connection | undefined;
  onClose: () => void;
  mayChange: boolean;
  /** New credentials, a new sign-in or other dates for this connection. */
  onDialog: (dialog: RowDialog) => void;
}

/** The panel at the side that one connection opens in; closed where there is none. */
function Sheet({ connection, onClose, children }: PropsWithChildren<GoneProps>) {
  return (
    <Drawer
      opened={connection !== undefined}
      onClose={onClose}
      position="right"
      size={440}
      title={connection?.name}
      padding="lg"
    >
      {children}
    </Drawer>
  );
}

/** Everything about one connection: how it stands, how it is used, what happened to it. */
export function ConnectionDrawer({ tool, connection, onClose, mayChange, onDialog }: Props) {
  return (
    <Sheet connection={connection} onClose={onClose}>
      {connection !== undefined && (
        <Details
          tool={tool}
          connection={connection}
          onDialog={mayChange ? (kind) => onDialog({ kind, connection }) : undefined}
        />
      )}
    </Sheet>
  );
}

interface DetailsProps {
  tool: Integration;
  connection: Connection;
  /** Left out for those who may not change it. */
  onDialog: ((kind: RowDialog['kind']) => void) | undefined;
}

function Details({ tool, connection, onDialog }: DetailsProps) {
  const mayChange = onDialog !== undefined;
  const onReconnect = onDialog && (() => onDialog('reconnect'));
  const { account, last_verdict: verdict } = connection;
  return (
    <div className={styles.details}>
      <div className={styles.state}>
        <ConnectionState status={shownStatus(connection)} />
        <span className="k-2">
          <Ago at={connection.status_since} isLasting />
        </span>
      </div>
      {connection.status !== 'connected' && (
        <div className={styles.why}>
          <p>{connection.status_reason}</p>
          {verdict !== null && verdict.kind !== 'ok' && (
            <>
              <NextStep verdict={verdict} />
              <OwnWords verdict={verdict} tool={tool} />
            </>
          )}
          <WithdrawalLine connection={connection} toolName={tool.name} />
        </div>
      )}
      <div className={styles.lacks}>
        <MissingAccess tool={tool} connection={connection} onSignInAgain={onReconnect} />
      </div>
      <dl className={styles.facts}>
        <Fact name="Connected as">{account?.name ?? 'Not told by the tool'}</Fact>
        {account?.plan != null && <Fact name="Plan">{account.plan}</Fact>}
        {account?.credits_left != null && <Fact name="Left">{account.credits_left}</Fact>}
        {connection.facts
          .filter((fact) => fact.value !== account?.name)
          .map((fact) => (
            <Fact key={fact.label} name={fact.label}>
              {fact.value}
            </Fact>
          ))}
        {Object.entries(connection.fields).map(([name, value]) => (
          <Fact key={name} name={fieldLabel(tool, name)}>
            {value}
          </Fact>
        ))}
        <Fact name="Last check">
          <Ago at={connection.last_checked_at} />
        </Fact>
        {connection.next_check_at !== null && (
          <Fact name="Next check">
            <Ago at={connection.next_check_at} />
          </Fact>
        )}
        <Fact name="Last used">
          <Ago at={connection.last_used_at} />
        </Fact>
        {connection.created_by !== null && (
          <Fact name="Added by">
            {connection.created_by}, <Ago at={connection.created_at} />
          </Fact>
        )}
      </dl>
      {mayChange && (
        <div className={styles.buttons}>
          {connection.status !== 'connected' && !lacksAccess(connection) && (
            <Button
              variant={wantsReconnect(connection.status) || endsSoon(connection) ? 'filled' : 'default'}
              onClick={onReconnect}
            >
              {reconnectVerb(connection)}
            </Button>
          )}
          {connection.status !== 'disconnected' && <CheckNow connection={connection} tool={tool} />}
        </div>
      )}
      <h3>Credentials</h3>
      <Credentials tool={tool} connection={connection} mayChange={mayChange} />
      <DateLines connection={connection} onDialog={onDialog} />
      <Granted tool={tool} connection={connection} />
      <History connectionId={connection.id} />
    </div>
  );
}

/** What is known of a connection without its tool. */
function History({ connectionId }: { connectionId: string }) {
  return (
    <>
      <h3>Calls in the last 30 days</h3>
      <UsageStrip connectionId={connectionId} />
      <h3>Used by</h3>
      <UsedByList connectionId={connectionId} />
      <h3>Timeline</h3>
      <Timeline connectionId={connectionId} />
    </>
  );
}

interface GoneProps {
  connection: Connection | undefined;
  onClose: () => void;
}

/** The same of a connection whose tool the catalog no longer has: nothing can be done with it, and all is still known. */
export function GoneConnectionDrawer({ connection, onClose }: GoneProps) {
  return (
    <Sheet connection={connection} onClose={onClose}>
      {connection !== undefined && (
        <div className={styles.details}>
          <dl className={styles.facts}>
            {connection.account !== null && <Fact name="Connected as">{connection.account.name}</Fact>}
            <Fact name="Last check">
              <Ago at={connection.last_checked_at} />
            </Fact>
            <Fact name="Last used">
              <Ago at={connection.last_used_at} />
            </Fact>
          </dl>
          <History connectionId={connection.id} />
        </div>
      )}
    </Sheet>
  );
}

/** What the tool allowed at the sign-in, in the catalog's words where it has some. */
function Granted({ tool, connection }: { tool: Integration; connection: Connection }) {
  const granted = connection.granted_scopes ?? [];
  if (granted.length === 0 || connection.status === 'disconnected') return null;
  return (
    <>
      <h3>What it may do</h3>
      <ul className={styles.scopes}>
        {granted.map((scope) => (
          <li key={scope}>
            <ScopeName tool={tool} connection={connection} scope={scope} />
          </li>
        ))}
      </ul>
    </>
  );
}

function UsedByList({ connectionId }: { connectionId: string }) {
  const dependents = useQuery(dependentsQuery(connectionId));
  if (dependents.isPending) return <Skeleton width="60%" />;
  if (dependents.isError) return <Failed error={dependents.error} retry={() => void dependents.refetch()} />;
  const all = dependents.data.data;
  if (all.length === 0) return <p className="k-2">Nothing yet. Choose it in an action column of a table.</p>;
  return (
    <ul className={styles.usedBy} aria-label={count(all.length, 'column')}>
      {all.map((dependent) => (
        <li key={dependent.id}>
          {dependent.table_id === null ? (
            dependent.name
          ) : (
            <>
              <Link to="/tables/$tableId" params={{ tableId: dependent.table_id }}>
                {dependent.name}
              </Link>{' '}
              <span className="k-2">in {dependent.table_name}</span>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}
