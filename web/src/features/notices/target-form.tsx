import type { NoticeKind } from '@keyrail/contract/notices';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Textarea, TextInput } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { failureOf, hasCode } from '../../lib/failure.ts';
import form from '../../ui/form.module.css';
import { Notice } from '../../ui/notice.tsx';
import { SecretInput } from '../../ui/secret-input.tsx';
import { KindsField } from './kinds-field.tsx';
import { noticeKinds } from './notice-words.ts';
import type { Target } from './target.ts';

/** What is entered of a place, whichever kind it is of. */
export interface Entered {
  name: string;
  addresses: string[];
  url: string;
  kinds: NoticeKind[];
}

interface Props {
  kind: Target['kind'];
  /** The one that is changed. */
  target?: Target;
  verb: string;
  onSubmit: (entered: Entered) => Promise<void>;
  onCancel: () => void;
  /** Stands above the buttons. */
  children?: ReactNode;
}

/** Name, address and kinds of a place that notices are sent to. */
export function TargetForm({ kind, target, verb, onSubmit, onCancel, children }: Props) {
  const [name, setName] = useState(target !== undefined && target.kind !== 'webhook' ? target.name : '');
  const [addresses, setAddresses] = useState(
    target?.kind === 'email' ? target.channel.addresses.join('\n') : '',
  );
  const [url, setUrl] = useState(target?.kind === 'webhook' ? target.webhook.url : '');
  const [kinds, setKinds] = useState<NoticeKind[]>(target?.kinds ?? [...noticeKinds]);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const fieldOf = (path: string) => (error instanceof ApiError ? error.field(path) : undefined);

  const submit = async (event: React.FormEvent) => {
    event.preventDefault();
    if (kinds.length === 0) return;
    setBusy(true);
    setError(null);
    try {
      await onSubmit({ name: name.trim(), addresses: listed(addresses), url: url.trim(), kinds });
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <form className={form.form} onSubmit={submit} autoComplete="off">
      {kind !== 'webhook' && (
        <TextInput
          label="Name"
          placeholder={kind === 'email' ? 'Operations' : '#ops-alerts'}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          error={fieldOf('name')}
          maxLength={100}
          required
          withAsterisk={false}
          data-autofocus
        />
      )}
      {kind === 'email' && (
        <Textarea
          label="Email addresses"
          description="One on each line, at most 20. Each gets a mail of its own."
          placeholder="ops@example.com"
          value={addresses}
          onChange={(event) => setAddresses(event.currentTarget.value)}
          error={addressError(error)}
          autosize
          minRows={2}
          maxRows={8}
          required
          withAsterisk={false}
          spellCheck={false}
        />
      )}
      {kind === 'slack' && (
        <SecretInput
          label="Address of the incoming webhook"
          description={
            <>
              In Slack: your app › Incoming Webhooks › Add New Webhook to Workspace. Whoever has it can write
              there, so it is kept encrypted.
              {target !== undefined && ' Leave it empty to keep the saved one.'}
            </>
          }
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          placeholder={
            target === undefined ? 'https://hooks.slack.com/services/…' : `Saved: ${target.detail}`
          }
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          error={fieldOf('url')}
          maxLength={500}
          required={target === undefined}
          withAsterisk={false}
          autoComplete="new-password"
          data-1p-ignore
          data-lpignore="true"
        />
      )}
      {kind === 'webhook' && (
        <TextInput
          label="Address"
          description="Each notice is sent there as JSON, signed as Standard Webhooks says."
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          placeholder="https://example.com/keyrail"
          value={url}
          onChange={(event) => setUrl(event.currentTarget.value)}
          error={fieldOf('url')}
          maxLength={500}
          required
          withAsterisk={false}
          spellCheck={false}
          data-autofocus
        />
      )}
      <KindsField kinds={kinds} onKinds={setKinds} error={fieldOf('kinds')} />
      {children}
      {error !== null && <NotSaved error={error} />}
      <div className={form.buttons}>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button type="submit" loading={isBusy}>
          {verb}
        </Button>
      </div>
    </form>
  );
}

function NotSaved({ error }: { error: unknown }) {
  if (error instanceof ApiError && error.fields.length > 0) return null;
  if (hasCode(error, 'edited_meanwhile')) {
    return (
      <Notice tone="amber" live title="Somebody else changed this in the meantime.">
        <p>Nothing was overwritten. Close this and open it again to see theirs.</p>
      </Notice>
    );
  }
  const { title, detail } = failureOf(error);
  return (
    <Notice tone="red" live title={title}>
      <p>{detail}</p>
    </Notice>
  );
}

/** Of several addresses the first that is not one: `addresses.2`. */
function addressError(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  return error.fields.find(({ path }) => path.startsWith('addresses'))?.message;
}

const listed = (text: string): string[] => text.split(/[\s,;]+/).filter((one) => one !== '');
