import type { Integration } from '@keyrail/contract/integrations';
import type { OAuthApp } from '@keyrail/contract/oauth';
import { Button, Modal, NativeSelect } from '@mantine/core';
import { IconChecklist, IconPlus, IconUserShield } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { dayOfMoment, daysLeft, shortDay } from '../../lib/dates.ts';
import { expiryTone } from '../../lib/expiry-words.ts';
import { count } from '../../lib/format.ts';
import { allIntegrationsQuery, integrationQuery, oauthAppsQuery } from '../../lib/queries.ts';
import { toastDone } from '../../lib/toast.tsx';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Ago } from '../../ui/ago.tsx';
import { Confirm } from '../../ui/confirm.tsx';
import { Empty } from '../../ui/empty.tsx';
import { ToolIcon } from '../../ui/integration-icon.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { Status } from '../../ui/status.tsx';
import { useReturnFocus } from '../../ui/use-return-focus.ts';
import { PreviousSecret } from './setups/previous-secret.tsx';
import { ReplaceSecretPopup } from './setups/replace-secret-popup.tsx';
import styles from './setups-page.module.css';
import { SetupForm } from './sign-in/setup-form.tsx';
import { useConnectionsChanged } from './use-changes.ts';

type Dialog = { kind: 'add' } | { kind: 'edit' | 'replace' | 'remove'; app: OAuthApp };

const route = getRouteApi('/app/settings/sign-in-setups');

/** The client ids and secrets under which this workspace asks tools for access. */
export function SetupsPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Sign-in setups' }]);
  const mayChange = useMay('admin');
  const [dialog, setDialog] = useState<Dialog | null>(null);
  useAskedFor(setDialog);
  return (
    <Page
      title="Sign-in setups"
      about="Tools that people connect by signing in want to know who asks. That is entered once for each tool."
      actions={
        mayChange && (
          <>
            <Button
              variant="default"
              leftSection={<IconChecklist size={14} />}
              renderRoot={(props) => <Link to="/settings/check" {...props} />}
            >
              Check my setup
            </Button>
            <Button leftSection={<IconPlus size={14} />} onClick={() => setDialog({ kind: 'add' })}>
              Add sign-in setup
            </Button>
          </>
        )
      }
    >
      {mayChange ? <Setups onDialog={setDialog} /> : <NotAllowed />}
      {dialog?.kind === 'add' && <AddSetup onClose={() => setDialog(null)} />}
      {dialog?.kind === 'edit' && <EditSetup app={dialog.app} onClose={() => setDialog(null)} />}
      {dialog?.kind === 'replace' && <ReplaceSecret app={dialog.app} onClose={() => setDialog(null)} />}
      {dialog?.kind === 'remove' && <RemoveSetup app={dialog.app} onClose={() => setDialog(null)} />}
    </Page>
  );
}

/** A link from elsewhere that says "Replace" opens it; once. */
function useAskedFor(onDialog: (dialog: Dialog) => void): void {
  const { replace } = route.useSearch();
  const navigate = route.useNavigate();
  const mayChange = useMay('admin');
  const apps = useQuery({ ...oauthAppsQuery, enabled: mayChange && replace !== undefined });
  const app = apps.data?.data.find((one) => one.integration === replace && one.set_up_by === 'workspace');
  useEffect(() => {
    if (replace === undefined || app === undefined) return;
    onDialog({ kind: 'replace', app });
    void navigate({ search: {}, replace: true });
  }, [replace, app, onDialog, navigate]);
}

function NotAllowed() {
  const contact = useHelpContact();
  return (
    <Notice tone="grey" title="Sign-in setups are for owners and admins.">
      <p>Is one missing for a tool you need? Ask {contact}.</p>
    </Notice>
  );
}

function Setups({ onDialog }: { onDialog: (dialog: Dialog) => void }) {
  const apps = useQuery(oauthAppsQuery);
  if (apps.isPending) return <SkeletonRows rows={3} height={72} />;
  if (apps.isError) return <Failed error={apps.error} retry={() => void apps.refetch()} />;
  if (apps.data.data.length === 0) {
    return (
      <Empty
        icon={<IconUserShield size={20} />}
        title="No sign-in setup yet"
        actions={
          <Button variant="default" onClick={() => onDialog({ kind: 'add' })}>
            Add sign-in setup
          </Button>
        }
      >
        With one, everybody who may connect a tool does so with a click instead of a key.
      </Empty>
    );
  }
  const refused = apps.data.data.filter((app) => app.problem !== null);
  return (
    <>
      {refused.map((app) => (
        <RefusedSetup key={keyOf(app)} app={app} onDialog={onDialog} />
      ))}
      <ul className={`${list.box} ${styles.setups}`}>
        {apps.data.data.map((app) => (
          <Setup key={keyOf(app)} app={app} onDialog={onDialog} />
        ))}
      </ul>
    </>
  );
}

const keyOf = ({ integration, method, set_up_by }: OAuthApp): string =>
  `${integration} ${method} ${set_up_by}`;

/** A setup that its tool refuses: said once, for all its connections. */
function RefusedSetup({ app, onDialog }: Pick<SetupProps, 'app' | 'onDialog'>) {
  const contact = useHelpContact();
  if (app.problem === null) return null;
  const isOurs = app.set_up_by === 'workspace';
  return (
    <div className={styles.refused}>
      <Notice
        tone="red"
        title={app.problem.message}
        action={
          isOurs && (
            <Button size="compact-sm" onClick={() => onDialog({ kind: 'edit', app })}>
              Enter it anew
            </Button>
          )
        }
      >
        <p>
          Since <Ago at={app.problem.since} />. {waiting(app.connections_count)}{' '}
          {isOurs
            ? `Look up client ID and secret at ${app.integration_name} and enter them here; nobody has to sign in again.`
            : `It was set up by whoever runs this server: ask them, or ${contact}.`}
        </p>
      </Notice>
    </div>
  );
}

function waiting(connections: number): string {
  if (connections === 0) return 'No connection depends on it yet.';
  return connections === 1
    ? 'One connection waits for it.'
    : `${count(connections, 'connection')} wait for it.`;
}

interface SetupProps {
  app: OAuthApp;
  onDialog: (dialog: Dialog) => void;
}

function Setup({ app, onDialog }: SetupProps) {
  const name = app.integration_name;
  return (
    <li className={`${list.row} ${styles.setup}`}>
      <ToolIcon slug={app.integration} name={name} />
      <span className={styles.name}>
        <span className={list.name}>{name}</span>
        {app.problem === null ? (
          <span className={styles.quiet}>{count(app.connections_count, 'connection')}</span>
        ) : (
          <Status tone="red">Refused by {name}</Status>
        )}
      </span>
      <span className={styles.client}>
        <span className="k-mono">{app.client_id}</span>
        <span className={styles.quiet}>
          {app.client_secret_hint === null ? 'Secret saved' : `Secret ending in ${app.client_secret_hint}`}
        </span>
        <SecretDates app={app} />
      </span>
      <span className={styles.quiet}>
        {app.set_up_by === 'operator' ? 'Set up by whoever runs this server' : <Updated app={app} />}
      </span>
      <span className={styles.buttons}>
        {app.set_up_by === 'workspace' && (
          <>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onDialog({ kind: 'replace', app })}
              aria-label={`Replace secret of ${name}`}
            >
              Replace secret
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onDialog({ kind: 'edit', app })}
              aria-label={`Edit the sign-in setup of ${name}`}
            >
              Edit
            </Button>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => onDialog({ kind: 'remove', app })}
              aria-label={`Remove the sign-in setup of ${name}`}
            >
              Remove
            </Button>
          </>
        )}
      </span>
      {app.set_up_by === 'workspace' && <PreviousSecret app={app} />}
    </li>
  );
}

/** When the client secret ends, and when people want it replaced. */
function SecretDates({ app: { client_secret_ends_at: ends, rotate_at: replace } }: { app: OAuthApp }) {
  return (
    <span className={styles.dates}>
      {ends !== null && (
        <Status tone={expiryTone({ at: ends, kind: 'client_secret' })}>
          Ends {shortDay(dayOfMoment(ends))} ({daysLeft(ends).toLowerCase()})
        </Status>
      )}
      {replace !== null && (
        <Status tone={expiryTone({ at: replace, kind: 'rotation' })}>
          Replace by {shortDay(dayOfMoment(replace))} ({daysLeft(replace).toLowerCase()})
        </Status>
      )}
    </span>
  );
}

function Updated({ app }: { app: OAuthApp }) {
  return (
    <>
      Changed <Ago at={app.updated_at} never="at an unknown time" />
      {app.updated_by !== null && ` by ${app.updated_by}`}
    </>
  );
}

function AddSetup({ onClose }: { onClose: () => void }) {
  useReturnFocus();
  const tools = useQuery(allIntegrationsQuery);
  const apps = useQuery(oauthAppsQuery);
  const [slug, setSlug] = useState('');
  const taken = new Set(
    apps.data?.data.filter((app) => app.set_up_by === 'workspace').map((app) => app.integration),
  );
  const choices = (tools.data ?? [])
    .filter((tool) => tool.methods.includes('oauth2') && !taken.has(tool.slug))
    .sort((one, other) => one.name.localeCompare(other.name));
  return (
    <Modal opened onClose={onClose} title="Add sign-in setup" size={520}>
      <div className={styles.stack}>
        <NativeSelect
          label="Tool"
          data={[
            { value: '', label: tools.isPending ? 'Loading…' : 'Choose a tool…' },
            ...choices.map((tool) => ({ value: tool.slug, label: tool.name })),
          ]}
          value={slug}
          onChange={(event) => setSlug(event.currentTarget.value)}
          data-autofocus
        />
        {tools.isSuccess && choices.length === 0 && (
          <p className="k-2">Every tool that is connected by signing in has its setup.</p>
        )}
        {slug !== '' && <FormFor key={slug} slug={slug} onClose={onClose} />}
      </div>
    </Modal>
  );
}

function EditSetup({ app, onClose }: { app: OAuthApp; onClose: () => void }) {
  useReturnFocus();
  return (
    <Modal opened onClose={onClose} title={`Sign-in setup of ${app.integration_name}`} size={520}>
      <FormFor slug={app.integration} app={app} onClose={onClose} />
    </Modal>
  );
}

/** The popup needs to know the tool; until then nothing is shown, as it is known from the list as a rule. */
function ReplaceSecret({ app, onClose }: { app: OAuthApp; onClose: () => void }) {
  const tool = useQuery(integrationQuery(app.integration));
  const method = tool.data && methodFor(tool.data, app);
  if (tool.data === undefined || method === undefined) return null;
  return <ReplaceSecretPopup app={app} tool={tool.data} method={method} onClose={onClose} />;
}

const methodFor = (tool: Integration, app: OAuthApp | undefined) =>
  tool.auth_methods.find((one) => one.id === app?.method && one.kind === 'oauth2') ??
  tool.auth_methods.find((one) => one.kind === 'oauth2');

function FormFor({ slug, app, onClose }: { slug: string; app?: OAuthApp; onClose: () => void }) {
  const tool = useQuery(integrationQuery(slug));
  if (tool.isPending) return <SkeletonRows rows={3} />;
  if (tool.isError) return <Failed error={tool.error} retry={() => void tool.refetch()} />;
  const method = methodFor(tool.data, app);
  if (method === undefined) return <p>{tool.data.name} is not connected by signing in.</p>;
  return (
    <SetupForm
      tool={tool.data}
      method={method}
      {...(app && { app })}
      onSaved={() => {
        toastDone(`The sign-in setup of ${tool.data.name} is saved.`);
        onClose();
      }}
      onCancel={onClose}
    />
  );
}

function RemoveSetup({ app, onClose }: { app: OAuthApp; onClose: () => void }) {
  useReturnFocus();
  const changed = useConnectionsChanged();
  const name = app.integration_name;
  return (
    <Confirm
      opened
      onClose={onClose}
      title="Remove sign-in setup"
      verb="Remove"
      onConfirm={async () => {
        await api.oauthApps.remove(app.integration);
        toastDone(`The sign-in setup of ${name} was removed.`);
        changed();
      }}
    >
      <p>
        This destroys the saved client secret for <strong>{name}</strong>. Nobody can connect it by signing in
        until there is a new one.
      </p>
      <p>
        {app.connections_count === 0
          ? 'No connection was signed in under it.'
          : `${count(app.connections_count, 'connection was', 'connections were')} signed in under it: access can no longer be renewed there, and ends when the present token does.`}
      </p>
    </Confirm>
  );
}
