import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { Button } from '@mantine/core';
import { memo } from 'react';
import { count } from '../../lib/format.ts';
import { statusWords } from '../../lib/words.ts';
import { Ago } from '../../ui/ago.tsx';
import list from '../../ui/list.module.css';
import { Section } from '../../ui/page.tsx';
import { ConnectionState } from '../../ui/status.tsx';
import { ConnectionActions, type RowDialog } from './connection-actions.tsx';
import styles from './connection-table.module.css';
import { methodOf } from './methods.ts';
import { shownStatus } from './missing-access.tsx';
import { WithdrawThere } from './withdrawal.tsx';

interface Props {
  tool: Integration;
  connections: Connection[];
  onOpen: (id: string) => void;
  onDialog: (dialog: RowDialog) => void;
  mayChange: boolean;
  /** Loads the next ones; left out when all are here. */
  onMore?: (() => void) | undefined;
  isLoadingMore: boolean;
}

/** The saved credentials of one tool; the default one first, then in the order they were made. */
export function ConnectionTable(props: Props) {
  const { tool, connections, onOpen, onDialog, mayChange, onMore, isLoadingMore } = props;
  const total = Math.max(tool.connection_count, connections.length);
  const sorted = [
    ...connections.filter((connection) => connection.is_default),
    ...connections.filter((connection) => !connection.is_default),
  ];
  return (
    <Section title="Credentials" about={count(total, 'connection')}>
      <div className={styles.frame}>
        <table className={`${list.table} ${styles.table}`}>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Status</th>
              <th scope="col" className={list.right}>
                <span className={styles.hidden}>Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((connection) => (
              <ConnectionRow
                key={connection.id}
                tool={tool}
                connection={connection}
                onOpen={onOpen}
                onDialog={onDialog}
                mayChange={mayChange}
              />
            ))}
          </tbody>
        </table>
      </div>
      {onMore !== undefined && (
        <div className={styles.more}>
          <Button variant="default" onClick={onMore} loading={isLoadingMore}>
            Show more
          </Button>
          <span className="k-2 k-num">
            {connections.length.toLocaleString('en-US')} of {total.toLocaleString('en-US')}
          </span>
        </div>
      )}
    </Section>
  );
}

interface RowProps {
  tool: Integration;
  connection: Connection;
  onOpen: (id: string) => void;
  onDialog: (dialog: RowDialog) => void;
  mayChange: boolean;
}

/** Drawn anew only when its own connection changed: thousands of them stand on one page. */
const ConnectionRow = memo(function ConnectionRow(props: RowProps) {
  const { tool, connection, onOpen, onDialog, mayChange } = props;
  const { previous_credential: previous } = connection;
  return (
    <tr className={styles.row}>
      <td className={styles.name}>
        <button type="button" className={styles.open} onClick={() => onOpen(connection.id)}>
          {connection.name}
        </button>
        {connection.is_default && <span className={list.badge}>Default</span>}
        <span className={styles.second}>{whoIs(tool, connection)}</span>
        {previous !== null && (
          <button type="button" className={styles.previous} onClick={() => onOpen(connection.id)}>
            {connection.method === 'oauth2' ? 'Old sign-in' : 'Old key'} kept, destroyed{' '}
            <Ago at={previous.destroyed_at} />
          </button>
        )}
      </td>
      <td className={styles.status}>
        <ConnectionState status={shownStatus(connection)} reason={connection.status_reason} />
        <Reason connection={connection} />
        <LacksAccess connection={connection} />
        <LeftAtTool connection={connection} toolName={tool.name} />
        <span className={`${styles.second} k-num`}>
          <Used connection={connection} />
        </span>
      </td>
      <td className={styles.actions}>
        {mayChange && <ConnectionActions connection={connection} onDialog={onDialog} />}
      </td>
    </tr>
  );
});

/** Why, where the words of the status do not say it already. */
function Reason({ connection: { status, status_reason: reason } }: { connection: Connection }) {
  if (status === 'connected' || reason === null || reason.startsWith(statusWords[status].words)) return null;
  return <span className={styles.reason}>{reason}</span>;
}

/** Which actions will not work for what the sign-in did not allow. */
function LacksAccess({ connection }: { connection: Connection }) {
  const { limited_actions: limited } = connection;
  if (shownStatus(connection) === connection.status || limited.length === 0) return null;
  return (
    <span className={styles.reason}>Will not work: {limited.map((action) => action.label).join(', ')}.</span>
  );
}

/** Access that may still be open at the tool, after it was disconnected here. */
function LeftAtTool({ connection: { withdrawal }, toolName }: { connection: Connection; toolName: string }) {
  if (withdrawal === null || withdrawal.state === 'withdrawn') return null;
  return (
    <span className={`${styles.second} k-inline`}>
      {withdrawal.message} <WithdrawThere withdrawal={withdrawal} toolName={toolName} />
    </span>
  );
}

function Used({
  connection: { last_used_at: at, dependents_count: dependents },
}: {
  connection: Connection;
}) {
  return (
    <>
      {at === null ? (
        'Not used yet'
      ) : (
        <>
          Used <Ago at={at} />
        </>
      )}
      {dependents > 0 && ` · Used by ${count(dependents, 'column')}`}
    </>
  );
}

/** Whom the key belongs to, as far as the tool tells. */
function whoIs(tool: Integration, connection: Connection): string {
  const { account, hint, facts } = connection;
  const [first] = facts;
  // Of several sites or organisations that one person reaches, the one it is for, unless that is the account already.
  const isTold = first === undefined || first.value === account?.name;
  const place = connection.method === 'oauth2' && !isTold ? ` · ${first.value}` : '';
  if (account?.name != null) return `Connected as ${account.name}${place}`;
  if (first !== undefined) return `${first.label}: ${first.value}`;
  if (hint !== null) return `Key ending in ${hint}`;
  return methodOf(tool, connection)?.label ?? 'Account not known';
}
