import type { InvitationState, Session } from '@keyrail/sdk/shapes';
import { Button } from '@mantine/core';
import { IconLinkOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';
import { api, speakFor } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { failureOf, hasCode } from '../../lib/failure.ts';
import { invitationStateQuery } from '../../lib/people-queries.ts';
import { sessionQuery } from '../../lib/queries.ts';
import { withArticle } from '../../lib/roles.ts';
import { Empty } from '../../ui/empty.tsx';
import { Failed, Notice } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import styles from './entry.module.css';
import { EntryFrame } from './entry-frame.tsx';
import { NewAccountForm } from './new-account-form.tsx';

const route = getRouteApi('/invitation');

/** Where an invitation link leads: somebody new makes an account, somebody signed in joins. */
export function InvitationPage() {
  useCrumbs([{ label: 'Invitation' }]);
  const { code } = route.useSearch();
  const state = useQuery({ ...invitationStateQuery(code ?? ''), enabled: code !== undefined });
  const session = useQuery({ ...sessionQuery, retry: false });

  if (code === undefined) return <Closed why="cut" />;
  if (state.isError) {
    if (hasCode(state.error, 'invalid_input')) return <Closed why="unknown" />;
    return (
      <EntryFrame title="Your invitation">
        <Failed error={state.error} retry={() => void state.refetch()} />
      </EntryFrame>
    );
  }
  if (state.isPending || session.isPending) {
    return (
      <EntryFrame title="Your invitation">
        <SkeletonRows rows={4} height={58} />
      </EntryFrame>
    );
  }
  if (state.data.state !== 'open') return <Closed why={state.data.state} />;
  return <Open code={code} invitation={state.data} session={session.data} />;
}

const closedWords: Record<
  Exclude<InvitationState['state'], 'open'> | 'cut',
  { title: string; text: string }
> = {
  cut: { title: 'This link is cut short', text: 'Open the whole link that you were sent.' },
  unknown: {
    title: 'This invitation does not exist',
    text: 'The link may be cut short. Ask whoever sent it for a new one.',
  },
  used: {
    title: 'This invitation was used already',
    text: 'A link works once. If it was you, sign in; if not, ask whoever sent it for a new one.',
  },
  revoked: {
    title: 'This invitation was withdrawn',
    text: 'Ask whoever sent it for a new one.',
  },
  expired: {
    title: 'This invitation has ended',
    text: 'A link works for 7 days. Ask whoever sent it for a new one.',
  },
};

function Closed({ why }: { why: keyof typeof closedWords }) {
  const { title, text } = closedWords[why];
  return (
    <EntryFrame title="Your invitation">
      <Empty
        icon={<IconLinkOff size={20} />}
        title={title}
        actions={
          <Button renderRoot={(props) => <Link to="/sign-in" {...props} />} variant="default">
            Go to sign in
          </Button>
        }
      >
        {text}
      </Empty>
    </EntryFrame>
  );
}

interface OpenProps {
  code: string;
  invitation: InvitationState;
  session: Session | undefined;
}

function Open({ code, invitation, session }: OpenProps) {
  const { workspace_name: name, role, invited_by: by } = invitation;
  const as = role === null ? '' : ` as ${withArticle(role)}`;
  return (
    <EntryFrame title={`Join ${name}`} about={`${by ?? 'Somebody'} invited you${as}.`}>
      {session === undefined ? (
        <>
          <NewAccountForm code={code} />
          <SignInLink code={code} />
        </>
      ) : (
        <JoinAs code={code} session={session} name={name ?? ''} />
      )}
    </EntryFrame>
  );
}

function SignInLink({ code }: { code: string }) {
  return (
    <Link to="/sign-in" search={{ next: `/invitation?code=${encodeURIComponent(code)}` }}>
      You have an account? Sign in first
    </Link>
  );
}

/** Somebody signed in joins with that account, or signs out to use another one. */
function JoinAs({ code, session, name }: { code: string; session: Session; name: string }) {
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);

  const join = async () => {
    setBusy(true);
    setError(null);
    try {
      speakFor((await api.invitations.accept({ code })).joined);
      location.replace('/');
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };
  const useOther = async () => {
    await api.session.signOut().catch(() => {});
    location.reload();
  };

  return (
    <div className={styles.form}>
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          <p>{failureOf(error).detail}</p>
        </Notice>
      )}
      <p className="k-2">
        You are signed in as <strong>{session.user.name}</strong> ({session.user.email}).
      </p>
      <Button size="sm" onClick={join} loading={isBusy} fullWidth>
        Join {name}
      </Button>
      <Button size="sm" variant="default" onClick={useOther} fullWidth>
        Use another account
      </Button>
    </div>
  );
}
