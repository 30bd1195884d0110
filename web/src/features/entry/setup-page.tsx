import { ApiError } from '@keyrail/sdk/api-error';
import { Button, TextInput } from '@mantine/core';
import { IconLinkOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { api } from '../../lib/api.ts';
import { useCrumbs } from '../../lib/crumbs.ts';
import { Empty } from '../../ui/empty.tsx';
import { Failed } from '../../ui/notice.tsx';
import { SkeletonRows } from '../../ui/skeleton.tsx';
import { AccountFields } from './account-fields.tsx';
import styles from './entry.module.css';
import { EntryFrame } from './entry-frame.tsx';
import { useAccountForm } from './use-account-form.ts';

const route = getRouteApi('/setup');

/**
 * Makes a workspace and its owner's account with the one-time link that the server printed at its start; or a workspace again
 * where the last one was deleted, and people have accounts.
 */
export function SetupPage() {
  useCrumbs([{ label: 'Set up' }]);
  const { code } = route.useSearch();
  const state = useQuery({
    queryKey: ['setup', code],
    queryFn: () => api.setup.state(code ?? ''),
    enabled: code !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
  });

  if (code === undefined || state.data?.is_open === false) return <LinkOver isMissing={code === undefined} />;
  if (state.isError) {
    if (state.error instanceof ApiError && state.error.status > 0 && state.error.status < 500) {
      return <LinkOver isMissing={false} />;
    }
    return (
      <EntryFrame title="Set up Keyrail">
        <Failed error={state.error} retry={() => void state.refetch()} />
      </EntryFrame>
    );
  }
  const isAnew = state.data?.has_accounts === true;
  return (
    <EntryFrame
      title={isAnew ? 'Make a workspace' : 'Welcome to Keyrail'}
      about={
        isAnew
          ? 'This server has no workspace any more. If you have an account here, enter its email and password, and you keep it.'
          : "Make the owner's account of this server."
      }
    >
      {state.isPending ? <SkeletonRows rows={5} height={58} /> : <SetupForm code={code} isAnew={isAnew} />}
    </EntryFrame>
  );
}

function LinkOver({ isMissing }: { isMissing: boolean }) {
  return (
    <EntryFrame title="Set up Keyrail">
      <Empty
        icon={<IconLinkOff size={20} />}
        title={isMissing ? 'This link is cut short' : 'This link no longer works'}
        actions={
          <Button renderRoot={(props) => <Link to="/sign-in" {...props} />} variant="default">
            Go to sign in
          </Button>
        }
      >
        {isMissing
          ? 'Open the whole link that the server printed when it started.'
          : 'It was used already, or the server has been started again since. Sign in, or take the link that the server printed last.'}
      </Empty>
    </EntryFrame>
  );
}

function SetupForm({ code, isAnew }: { code: string; isAnew: boolean }) {
  const form = useAccountForm({ name: '', email: '', password: '', workspace_name: '' }, async (values) => {
    await api.setup.complete({ code, ...values });
  });
  return (
    <form className={styles.form} onSubmit={form.onSubmit}>
      <AccountFields form={form} />
      <hr />
      <TextInput
        label="Workspace name"
        description="Your team's or company's name."
        autoComplete="organization"
        {...form.bind('workspace_name')}
      />
      <Button type="submit" size="sm" loading={form.isBusy} fullWidth>
        {isAnew ? 'Make the workspace' : 'Make the account'}
      </Button>
    </form>
  );
}
