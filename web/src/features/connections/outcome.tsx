import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import type { ApiError } from '@keyrail/sdk/api-error';
import { Button, CloseButton } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Notice } from '../../ui/notice.tsx';
import styles from './outcome.module.css';
import type { Changed, Insistence } from './use-credentials-form.ts';

/** A connection that was just saved: how its check went, and what was done to the input. */
export type Saved = Changed;

interface SavedProps {
  saved: Saved;
  tool: Integration;
  onClose: () => void;
  /** What is left to do, such as revoking the old key. */
  children?: React.ReactNode;
}

/** Stands above the list after the form has closed. */
export function SavedNotice({ saved, tool, onClose, children }: SavedProps) {
  const { verdict } = saved;
  const isFine = verdict === null || verdict.kind === 'ok';
  return (
    <div className={styles.saved}>
      <Notice
        live
        tone={isFine ? 'green' : 'amber'}
        title={isFine ? connectedAs(verdict, saved, tool.name) : `Saved. ${verdict.message}`}
        action={<CloseButton size="sm" onClick={onClose} aria-label="Close this message" />}
      >
        {verdict !== null && !isFine && <NextStep verdict={verdict} />}
        {saved.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        {verdict !== null && <OwnWords verdict={verdict} tool={tool} />}
        {children}
      </Notice>
    </div>
  );
}

interface RefusedProps {
  error: ApiError;
  tool: Integration;
  onInsist: (insistence: Insistence) => void;
  isBusy: boolean;
  /** Whether another account than before may be taken, where the person says so. */
  mayChangeAccount?: boolean | undefined;
}

const mayBeSavedAnyway = new Set<Verdict['kind']>([
  'rate_limited',
  'unreachable',
  'provider_error',
  // Of a client secret that takes the place of one that works.
  'unverifiable',
]);
/** What the server itself sees at a file, and a person may know better. */
const mayBeInsistedOn = new Set(['certificate_ended']);

/** One field's own sentence says it; the title of the code is for programs. */
function titleOf({ fields, detail, title }: ApiError): string {
  if (fields.length > 1) return 'Some of what was entered cannot be used.';
  return fields[0]?.message ?? detail ?? title;
}

/** Nothing was saved: the cause, the next step, quietly the tool's own words. */
export function Refused({ error, tool, onInsist, isBusy, mayChangeAccount = false }: RefusedProps) {
  const { verdict } = error;
  if (mayChangeAccount && verdict?.kind === 'wrong_account' && verdict.account !== null) {
    return <OtherAccount {...{ error, onInsist, isBusy }} />;
  }
  if (verdict === undefined) {
    return (
      <Notice tone="red" live title={titleOf(error)}>
        {error.fields.length > 1 && error.fields.map((field) => <p key={field.path}>{field.message}</p>)}
        {error.fields.length > 0 && <p>Nothing was saved.</p>}
        {mayBeInsistedOn.has(error.reason ?? '') && <SaveAnyway {...{ onInsist, isBusy }} />}
      </Notice>
    );
  }
  const canWait = mayBeSavedAnyway.has(verdict.kind);
  return (
    <Notice tone={canWait ? 'amber' : 'red'} live title={verdict.message}>
      <p>
        <NextStep verdict={verdict} /> Nothing was saved.
      </p>
      <OwnWords verdict={verdict} tool={tool} />
      {canWait && <SaveAnyway {...{ onInsist, isBusy }} isChecked={verdict.kind !== 'unverifiable'} />}
    </Notice>
  );
}

interface AnywayProps extends Pick<RefusedProps, 'onInsist' | 'isBusy'> {
  /** Whether a check can tell more later. */
  isChecked?: boolean;
}

function SaveAnyway({ onInsist, isBusy, isChecked = false }: AnywayProps) {
  return (
    <Button variant="default" mt={8} onClick={() => onInsist({ saveUnverified: true })} loading={isBusy}>
      {isChecked ? 'Save anyway, check later' : 'Save anyway'}
    </Button>
  );
}

/** The credentials work, but for another account than the connection was for: what uses it would see other data. */
function OtherAccount({ error, onInsist, isBusy }: Omit<RefusedProps, 'tool'>) {
  return (
    <Notice tone="amber" live title={error.verdict?.message ?? error.title}>
      <p>Nothing was saved. What uses this connection would work with the other account from now on.</p>
      <Button
        variant="default"
        mt={8}
        onClick={() => onInsist({ acceptOtherAccount: true })}
        loading={isBusy}
      >
        Use this account from now on
      </Button>
    </Notice>
  );
}

/** "Connected as jane@acme.com · Starter plan · 412 searches left" */
export function connectedAs(
  verdict: Verdict | null,
  connection: Pick<Connection, 'account'> | null,
  toolName: string,
): string {
  const account = verdict?.account ?? connection?.account ?? null;
  const name = account?.name ? `Connected as ${account.name}` : `Connected to ${toolName}`;
  const left = account?.credits_left ? `${account.credits_left} left` : null;
  return [name, account?.plan, left].filter(Boolean).join(' · ');
}

export function NextStep({ verdict }: { verdict: Verdict }) {
  if (verdict.next_step === null) return null;
  if (verdict.next_step_url === null || !/^https?:/i.test(verdict.next_step_url)) {
    return <span>{verdict.next_step}</span>;
  }
  return (
    <a href={verdict.next_step_url} target="_blank" rel="noopener noreferrer">
      {verdict.next_step}{' '}
      <IconExternalLink size={13} className={styles.outside} aria-label="opens in a new tab" />
    </a>
  );
}

export function OwnWords({ verdict, tool }: { verdict: Verdict; tool: { name: string } }) {
  if (verdict.provider_message === null && verdict.provider_status === null) return null;
  if (verdict.kind === 'ok') return null;
  return (
    <p className={styles.own}>
      {tool.name} answered
      {verdict.provider_status !== null && ` with status ${verdict.provider_status}`}
      {verdict.provider_message !== null && <>: “{verdict.provider_message}”</>}
    </p>
  );
}
