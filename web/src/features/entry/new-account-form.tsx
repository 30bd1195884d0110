import { ApiError } from '@keyrail/sdk/api-error';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { api, speakFor } from '../../lib/api.ts';
import { AccountFields } from './account-fields.tsx';
import styles from './entry.module.css';
import { useAccountForm } from './use-account-form.ts';

/** Makes an account by an invitation, and goes in. */
export function NewAccountForm({ code }: { code: string }) {
  const form = useAccountForm({ name: '', email: '', password: '' }, async (values) => {
    const joined = await api.invitations.accept({ code, ...values });
    speakFor(joined.joined);
  });
  const hasAccount = form.error instanceof ApiError && form.error.reason === 'account_exists';
  return (
    <form className={styles.form} onSubmit={form.onSubmit}>
      <AccountFields
        form={form}
        wayOut={
          hasAccount && (
            <p>
              <Link to="/sign-in" search={{ next: `/invitation?code=${encodeURIComponent(code)}` }}>
                Sign in with it
              </Link>
            </p>
          )
        }
      />
      <Button type="submit" size="sm" loading={form.isBusy} fullWidth>
        Make the account and join
      </Button>
    </form>
  );
}
