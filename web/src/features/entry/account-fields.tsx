import { TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { failureOf } from '../../lib/failure.ts';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import type { AccountForm, AccountValues } from './use-account-form.ts';

const shortestPassword = 8;

interface Props<Values extends AccountValues> {
  form: Pick<AccountForm<Values>, 'error' | 'bind'>;
  /** What else helps with the error. */
  wayOut?: ReactNode;
}

/** Who one is and how one signs in, below what went wrong. */
export function AccountFields<Values extends AccountValues>({ form, wayOut }: Props<Values>) {
  const { error, bind } = form;
  return (
    <>
      {error !== null && (
        <Notice tone="red" live title={failureOf(error).title}>
          {failureOf(error).detail !== undefined && <p>{failureOf(error).detail}</p>}
          {wayOut}
        </Notice>
      )}
      <TextInput label="Your name" autoComplete="name" autoFocus {...bind('name')} />
      <TextInput label="Email" type="email" autoComplete="username" {...bind('email')} />
      <SecretInput
        label="Password"
        description={`At least ${shortestPassword} characters. A few words in a row are easier to keep in mind.`}
        autoComplete="new-password"
        minLength={shortestPassword}
        {...bind('password')}
      />
    </>
  );
}
