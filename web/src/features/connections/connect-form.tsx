import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { ApiError } from '@keyrail/sdk/api-error';
import { Button, Loader, TextInput } from '@mantine/core';
import { useId, useRef, useState } from 'react';
import { api } from '../../lib/api.ts';
import { Notice } from '../../ui/notice.tsx';
import { useInSight } from '../../ui/use-in-sight.ts';
import styles from './connect-form.module.css';
import { CredentialFields } from './credential-fields.tsx';
import { RecognisedFacts } from './files/recognised-facts.tsx';
import { isRecognisable, useRecognised } from './files/use-recognised.ts';
import { MethodChoice } from './method-choice.tsx';
import { fieldsOf, methodsOf } from './methods.ts';
import { Refused, type Saved } from './outcome.tsx';
import { OAuthConnect } from './sign-in/oauth-connect.tsx';
import { useSignedIn } from './sign-in/use-signed-in.ts';
import { type CredentialsForm, useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  onSaved: (saved: Saved) => void;
  onCancel?: () => void;
  /** In a popup the first field takes the focus. */
  isPopup?: boolean;
}

/** Where the button of a page leads while the form stands on it. */
export const connectNameId = 'connect-name';

/** A new connection: named, checked with the tool, then saved. */
export function ConnectForm({ tool, onSaved, onCancel, isPopup = false }: Props) {
  const methods = methodsOf(tool);
  const [chosen, setChosen] = useState(methods[0]?.id);
  const [name, setName] = useState('');
  const method = methods.find((one) => one.id === chosen) ?? methods[0];
  const formId = useId();
  const keyFor = useOnceKey();
  const named = name.trim() === '' ? {} : { name: name.trim() };
  const form = useCredentialsForm((credentials, { saveUnverified = false }) => {
    const body = {
      integration: tool.slug,
      ...named,
      ...(method !== undefined && { method: method.id }),
      credentials,
      save_unverified: saveUnverified,
    };
    return api.connections.create(body, keyFor(body));
  }, onSaved);
  const signIn = useSignedIn(tool, onSaved);

  if (method === undefined) return <Unavailable tool={tool} />;
  const signInError = signIn.state.kind === 'refused' ? signIn.state.error : null;
  const nameError =
    form.error?.field('name') ?? (signInError instanceof ApiError ? signInError.field('name') : undefined);
  return (
    <div className={styles.form}>
      <TextInput
        id={isPopup ? undefined : connectNameId}
        form={formId}
        label="Name your connection"
        placeholder="Our main key"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={nameError}
        maxLength={100}
        autoComplete="off"
        data-autofocus={isPopup || undefined}
      />
      <MethodChoice
        methods={methods}
        chosen={method.id}
        onChoose={(id) => {
          setChosen(id);
          form.reset();
          signIn.stop();
        }}
      />
      {method.kind === 'oauth2' ? (
        <OAuthConnect
          key={method.id}
          formId={formId}
          tool={tool}
          method={method}
          control={signIn}
          verb={isPopup ? 'Authorize' : 'Connect with OAuth'}
          onBegin={(optionalScopes, acceptOtherAccount) =>
            signIn.begin({
              integration: tool.slug,
              method: method.id,
              ...named,
              fields: form.values,
              optional_scopes: optionalScopes,
              accept_other_account: acceptOtherAccount,
            })
          }
          {...(onCancel && { onCancel })}
        >
          <CredentialFields
            fields={tool.connection_fields}
            values={form.values}
            onChange={form.setValues}
            errorOf={(field) =>
              signInError instanceof ApiError ? signInError.field(`fields.${field}`) : undefined
            }
            keyLocation={null}
            toolName={tool.name}
          />
        </OAuthConnect>
      ) : (
        <CredentialsConnect
          key={method.id}
          formId={formId}
          tool={tool}
          method={method}
          form={form}
          {...(onCancel && { onCancel })}
        />
      )}
    </div>
  );
}

/** One key for one request, however often it is sent: an answer that got lost makes no second connection. */
function useOnceKey(): (body: unknown) => string {
  const last = useRef({ text: '', key: '' });
  return (body) => {
    const text = JSON.stringify(body);
    if (last.current.text !== text) last.current = { text, key: crypto.randomUUID() };
    return last.current.key;
  };
}

interface CredentialsConnectProps {
  formId: string;
  tool: Integration;
  method: AuthMethod;
  form: CredentialsForm;
  onCancel?: () => void;
}

function CredentialsConnect({ formId, tool, method, form, onCancel }: CredentialsConnectProps) {
  return (
    <form
      id={formId}
      className={styles.form}
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        void form.submit();
      }}
    >
      <EnteredFields tool={tool} method={method} form={form} />
      <FormFoot form={form} tool={tool} {...(onCancel && { onCancel })} />
    </form>
  );
}

interface EnteredFieldsProps {
  tool: Integration;
  method: AuthMethod | undefined;
  form: CredentialsForm;
  focused?: string | undefined;
}

/** The fields of a method, and below them what the entered file is. */
export function EnteredFields({ tool, method, form, focused }: EnteredFieldsProps) {
  const recognition = useRecognised(tool.slug, method, form.values);
  return (
    <CredentialFields
      fields={fieldsOf(tool, method)}
      values={form.values}
      onChange={form.setValues}
      errorOf={form.errorOf}
      keyLocation={method?.key_location ?? tool.key_location}
      toolName={tool.name}
      focused={focused}
      belowFile={isRecognisable(method) && <RecognisedFacts recognition={recognition} />}
    />
  );
}

interface FootProps {
  form: CredentialsForm;
  tool: Integration;
  onCancel?: () => void;
  /** False where saving makes no check, as for a new name alone. */
  isChecked?: boolean;
  mayChangeAccount?: boolean;
}

/** The outcome of the check, right above the button that asked for it. */
export function FormFoot({ form, tool, onCancel, isChecked = true, mayChangeAccount }: FootProps) {
  const outcome = useInSight<HTMLDivElement>(form.error);
  return (
    <>
      <div ref={outcome} className={styles.outcome}>
        {form.error !== null && (
          <Refused
            error={form.error}
            tool={tool}
            onInsist={(insistence) => void form.submit(insistence)}
            isBusy={form.isBusy}
            mayChangeAccount={mayChangeAccount}
          />
        )}
      </div>
      <div className={styles.foot}>
        <p className={styles.checking} role="status">
          {form.isBusy && (
            <>
              <Loader size={14} /> {isChecked ? `Checking with ${tool.name}…` : 'Saving…'}
            </>
          )}
        </p>
        {onCancel && (
          <Button variant="default" onClick={onCancel}>
            Cancel
          </Button>
        )}
        <Button type="submit" disabled={form.isBusy}>
          Save
        </Button>
      </div>
    </>
  );
}

function Unavailable({ tool }: { tool: Integration }) {
  return (
    <Notice tone="grey" title={`This version of Keyrail cannot connect ${tool.name} yet.`}>
      <p>
        It connects by {tool.auth_methods.map((method) => method.label).join(' or ')}, which is not available
        on this server.
      </p>
    </Notice>
  );
}
