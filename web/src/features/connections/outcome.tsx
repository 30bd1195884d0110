import type { Integration } from '@keyrail/contract/integrations';
import type { Verdict } from '@keyrail/contract/verdicts';
import type { ApiError } from '@keyrail/sdk/api-error';
import { Button, CloseButton } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Notice } from '../../ui/notice.tsx';
import styles from './outcome.module.css';

/** A connection that was just saved: how its check went, and what was done to the input. */
export interface Saved {
  name: string;
  /** Missing where no check was made. */
  verdict: Verdict | null;
  notes: readonly string[];
}

/** Stands above the list after the form has closed. */
export function SavedNotice({
  saved,
  tool,
  onClose,
}: {
  saved: Saved;
  tool: Integration;
  onClose: () => void;
}) {
  const { verdict } = saved;
  if (verdict === null) return null;
  const isFine = verdict.kind === 'ok';
  return (
    <div className={styles.saved}>
      <Notice
        live
        tone={isFine ? 'green' : 'amber'}
        title={isFine ? connectedAs(verdict, tool.name) : `Saved. ${verdict.message}`}
        action={<CloseButton size="sm" onClick={onClose} aria-label="Close this message" />}
      >
        {!isFine && <NextStep verdict={verdict} />}
        {saved.notes.map((note) => (
          <p key={note}>{note}</p>
        ))}
        <OwnWords verdict={verdict} tool={tool} />
      </Notice>
    </div>
  );
}

interface RefusedProps {
  error: ApiError;
  tool: Integration;
  onSaveAnyway: () => void;
  isBusy: boolean;
}

const mayBeSavedAnyway = new Set<Verdict['kind']>(['rate_limited', 'unreachable', 'provider_error']);

/** Nothing was saved: the cause, the next step, quietly the tool's own words. */
export function Refused({ error, tool, onSaveAnyway, isBusy }: RefusedProps) {
  const { verdict } = error;
  if (verdict === undefined) {
    return (
      <Notice tone="red" live title={error.detail ?? error.title}>
        {error.fields.map((field) => (
          <p key={field.path}>{field.message}</p>
        ))}
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
      {canWait && (
        <Button variant="default" mt={8} onClick={onSaveAnyway} loading={isBusy}>
          Save anyway, check later
        </Button>
      )}
    </Notice>
  );
}

/** "Connected as jane@acme.com · Starter plan · 412 searches left" */
export function connectedAs(verdict: Verdict, toolName: string): string {
  const { account } = verdict;
  if (account === null || account.name === null) {
    return [`Connected to ${toolName}`, account?.plan, account?.credits_left].filter(Boolean).join(' · ');
  }
  const left = account.credits_left === null ? null : `${account.credits_left} left`;
  return [`Connected as ${account.name}`, account.plan, left].filter(Boolean).join(' · ');
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
