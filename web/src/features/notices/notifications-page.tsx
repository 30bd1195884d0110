import { Button } from '@mantine/core';
import { IconPlus, IconSend } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useCrumbs } from '../../lib/crumbs.ts';
import { channelsQuery, webhooksQuery } from '../../lib/notice-queries.ts';
import { useHelpContact, useMay } from '../../lib/use-role.ts';
import { Empty } from '../../ui/empty.tsx';
import list from '../../ui/list.module.css';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Page, Section } from '../../ui/page.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { AddTargetPopup } from './add-target-popup.tsx';
import { DeliveryLog } from './delivery-log.tsx';
import styles from './notifications.module.css';
import { targetsOf } from './target.ts';
import { type TargetDialog, TargetDialogs } from './target-dialogs.tsx';
import { TargetRow } from './target-row.tsx';

/** Where notices go besides the app, and what came of sending them. */
export function NotificationsPage() {
  useCrumbs([{ label: 'Settings', to: '/settings/general' }, { label: 'Notifications' }]);
  const mayChange = useMay('admin');
  const [isAdding, setAdding] = useState(false);
  return (
    <Page
      title="Notifications"
      about="Notices stand at the bell for everybody here. They can go to other places, too."
      actions={
        mayChange && (
          <Button leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
            Add a place
          </Button>
        )
      }
    >
      {mayChange ? <Targets onAdd={() => setAdding(true)} /> : <NotAllowed />}
      <AddTargetPopup opened={isAdding} onClose={() => setAdding(false)} />
    </Page>
  );
}

function NotAllowed() {
  const contact = useHelpContact();
  return (
    <Notice
      tone="grey"
      title="Where notices are sent is for owners and admins."
      action={<Link to="/notices">See all notices</Link>}
    >
      <p>You find them at the bell. Should they go to a channel of yours, too? Ask {contact}.</p>
    </Notice>
  );
}

function Targets({ onAdd }: { onAdd: () => void }) {
  const channels = useQuery(channelsQuery);
  const webhooks = useQuery(webhooksQuery);
  const [dialog, setDialog] = useState<TargetDialog | null>(null);
  const failed = channels.isLoadingError ? channels : webhooks.isLoadingError ? webhooks : undefined;
  if (failed) return <Failed error={failed.error} retry={() => void failed.refetch()} />;
  if (channels.data === undefined || webhooks.data === undefined)
    return <SkeletonRows rows={3} height={72} />;
  const targets = targetsOf(channels.data.data, webhooks.data.data);
  if (targets.length === 0) {
    return (
      <Empty
        icon={<IconSend size={20} />}
        title="Notices are not sent anywhere yet"
        actions={
          <Button variant="default" onClick={onAdd}>
            Add a place
          </Button>
        }
      >
        By email, to a Slack channel, or to a program of yours by a signed webhook: so that somebody hears of
        it before a key ends.
      </Empty>
    );
  }
  return (
    <>
      {!channels.data.is_email_available && targets.some(({ kind }) => kind === 'email') && <NoMailServer />}
      <Section title="Where notices go">
        <ul className={`${list.box} ${styles.list}`}>
          {targets.map((target) => (
            <TargetRow key={target.id} target={target} onDialog={setDialog} />
          ))}
        </ul>
      </Section>
      <DeliveryLog targets={targets} />
      <TargetDialogs dialog={dialog} onClose={() => setDialog(null)} />
    </>
  );
}

function NoMailServer() {
  return (
    <div className={styles.above}>
      <Notice tone="amber" title="No email is sent: this server knows no mail server.">
        <p>Whoever runs it sets KEYRAIL_SMTP_URL and starts it again.</p>
      </Notice>
    </div>
  );
}
