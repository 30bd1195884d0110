import type { AuthMethod, Integration } from '@keyrail/contract/integrations';
import { Button, Loader } from '@mantine/core';
import { api } from '../../lib/api.ts';
import { useInSight } from '../../ui/use-in-sight.ts';
import styles from './connect-form.module.css';
import { CredentialFields } from './credential-fields.tsx';
import { RecognisedFacts } from './files/recognised-facts.tsx';
import { isRecognisable, useRecognised } from './files/use-recognised.ts';
import { fieldsOf } from './methods.ts';
import { nameProblem } from './name-field.tsx';
import { Refused } from './outcome.tsx';
import type { CredentialsForm } from './use-credentials-form.ts';

interface Props {
  /** For fields that stand outside of it. */
  formId?: string;
  tool: Integration;
  method: AuthMethod | undefined;
  form: CredentialsForm;
  onCancel?: () => void;
  mayChangeAccount?: boolean;
  /** What is entered besides, above the button. */
  children?: React.ReactNode;
}

/** The way in by a key, a password or a file: entered, checked with the tool, then saved. */
export function EnterCredentials(props: Props) {
  const { formId, tool, method, form, onCancel, mayChangeAccount, children } = props;
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
      {children}
      <FormFoot
        form={form}
        tool={tool}
        {...(onCancel && { onCancel })}
        {...(mayChangeAccount && { mayChangeAccount })}
      />
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
  const fields = fieldsOf(tool, method);
  const recognition = useRecognised(tool.slug, method, fields, form.values);
  return (
    <CredentialFields
      fields={fields}
      values={form.values}
      onChange={form.setValues}
      errorOf={form.errorOf}
      keyLocation={method?.key_location ?? tool.key_location}
      keyHint={method?.key_hint ?? null}
      toolName={tool.name}
      focused={focused}
      found={recognition.found}
      onAsk={(field, credentials, signal) =>
        api.integrations.choices(
          tool.slug,
          { ...(method !== undefined && { method: method.id }), credentials, field },
          signal,
        )
      }
      belowFile={isRecognisable(method, fields) && <RecognisedFacts recognition={recognition} />}
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
        {form.error !== null && nameProblem(form.error) === undefined && (
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
