import type { DeletedWorkspace } from '@keyrail/sdk/shapes';
import { Button, Modal, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { failureOf } from '../../lib/failure.ts';
import { count } from '../../lib/format.ts';
import { holdPage } from '../../lib/held-page.ts';
import { membersQuery } from '../../lib/people-queries.ts';
import { connectedAppsQuery, sessionQuery, tablesQuery } from '../../lib/queries.ts';
import { useCurrentWorkspace, useMay } from '../../lib/use-role.ts';
import form from '../../ui/form.module.css';
import { Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { useReturnFocus } from '../../ui/use-return-focus.ts';
import styles from './settings.module.css';

/** For owners: everything of the workspace goes, for good. */
export function DeleteWorkspace() {
  const workspace = useCurrentWorkspace();
  const isOwner = useMay('owner');
  const [isAsking, setAsking] = useState(false);
  if (!isOwner || workspace === undefined) return null;
  return (
    <div className={styles.below}>
      <Section
        title="Delete this workspace"
        about="Its connections, tables and everything else in it are destroyed, for everybody. This cannot be undone."
      >
        <Button variant="outline" color="red" onClick={() => setAsking(true)}>
          Delete {workspace.name}…
        </Button>
        {isAsking && <DeletePopup name={workspace.name} onClose={() => setAsking(false)} />}
      </Section>
    </div>
  );
}

function DeletePopup({ name, onClose }: { name: string; onClose: () => void }) {
  useReturnFocus();
  const [isBusy, setBusy] = useState(false);
  const [left, setLeft] = useState<DeletedWorkspace['not_withdrawn'] | null>(null);
  const isDone = left !== null;
  return (
    <Modal
      opened
      // There is nothing behind it any more: only the way out is left.
      onClose={isDone ? goOn : isBusy ? () => {} : onClose}
      title={isDone ? `${name} is deleted` : `Delete ${name}`}
      size={480}
      closeOnClickOutside={!isBusy && !isDone}
    >
      {isDone ? (
        <LeftOpen left={left} />
      ) : (
        <Ask
          name={name}
          isBusy={isBusy}
          onBusy={setBusy}
          onClose={onClose}
          onDeleted={({ not_withdrawn: open }) => {
            if (open.length === 0) return goOn();
            holdPage();
            setLeft(open);
          }}
        />
      )}
    </Modal>
  );
}

/** Another workspace, where there is one; else the page that says there is none. */
const goOn = () => location.assign('/');

interface AskProps {
  name: string;
  isBusy: boolean;
  onBusy: (isBusy: boolean) => void;
  onClose: () => void;
  onDeleted: (deleted: DeletedWorkspace) => void;
}

function Ask({ name, isBusy, onBusy, onClose, onDeleted }: AskProps) {
  const [typed, setTyped] = useState('');
  const [error, setError] = useState<unknown>(null);
  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (typed !== name) return;
    onBusy(true);
    setError(null);
    try {
      onDeleted(await api.workspace.remove({ name: typed }));
    } catch (cause) {
      setError(cause);
      onBusy(false);
    }
  };
  return (
    <form className={form.form} onSubmit={submit} autoComplete="off">
      <WhatGoes />
      <TextInput
        label={
          <>
            Type <strong>{name}</strong> to confirm
          </>
        }
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        maxLength={200}
        spellCheck={false}
        disabled={isBusy}
        data-autofocus
      />
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      {isBusy && (
        <p className="k-2" role="status">
          Tools are told that access has ended. This takes ten seconds at most.
        </p>
      )}
      <div className={form.buttons}>
        <Button variant="default" onClick={onClose} disabled={isBusy}>
          Cancel
        </Button>
        <Button type="submit" color="red" loading={isBusy} disabled={typed !== name}>
          Delete for good
        </Button>
      </div>
    </form>
  );
}

/** What is destroyed, counted as far as it is known, and what stays. */
function WhatGoes() {
  const apps = useQuery(connectedAppsQuery);
  const tables = useQuery(tablesQuery);
  const members = useQuery(membersQuery);
  const session = useQuery(sessionQuery);
  const connections = apps.data?.reduce((sum, app) => sum + app.connection_count, 0);
  const others = (members.data?.data.length ?? 1) - 1;
  return (
    <div className={styles.goes}>
      <p>This destroys, at once and for everybody:</p>
      <ul>
        <li>
          {connections === undefined ? 'all connections' : count(connections, 'connection')} with the saved
          keys and sign-ins, and every sign-in setup
        </li>
        <li>
          {tables.data === undefined ? 'all tables' : count(tables.data.data.length, 'table')} with every row
          and result
        </li>
        <li>all API tokens, notices, webhooks and the audit log</li>
      </ul>
      <p>
        {others > 0 && `${count(others, 'other member loses', 'other members lose')} access. `}
        People keep their accounts. It cannot be undone: only a backup has it from then on.
      </p>
      {session.data?.workspaces.length === 1 && (
        <p>
          You are in no other workspace: to use Keyrail again you will need an invitation to one. If this is
          the server's only one, whoever runs the server can print a link that makes another.
        </p>
      )}
    </div>
  );
}

function LeftOpen({ left }: { left: DeletedWorkspace['not_withdrawn'] }) {
  return (
    <div className={form.form}>
      <p>
        Everything is destroyed here. These tools could not be told that access has ended; end it there
        yourself:
      </p>
      <ul className={styles.left}>
        {left.map((one) => (
          <li key={`${one.integration} ${one.connection_name} ${one.account_name}`}>
            {one.remove_url !== null && /^https?:/i.test(one.remove_url) ? (
              <a href={one.remove_url} target="_blank" rel="noopener noreferrer">
                {one.integration_name} <IconExternalLink size={13} aria-label="opens in a new tab" />
              </a>
            ) : (
              one.integration_name
            )}
            <span className="k-2">
              {' '}
              {[one.connection_name, one.account_name].filter(Boolean).join(' · ')}
            </span>
          </li>
        ))}
      </ul>
      <div className={form.buttons}>
        <Button onClick={goOn}>Done</Button>
      </div>
    </div>
  );
}
