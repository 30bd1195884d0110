import type { Connection } from '@keyrail/contract/connections';
import type { Integration } from '@keyrail/contract/integrations';
import { ActionIcon, Input, Modal, NativeSelect } from '@mantine/core';
import { IconPencil } from '@tabler/icons-react';
import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { dayOfMoment, shortDay } from '../../lib/dates.ts';
import { hasCode } from '../../lib/failure.ts';
import { toastDone } from '../../lib/toast.tsx';
import formStyles from './connect-form.module.css';
import { changedDates, datesOf, FoldedDates, noDates } from './date-fields.tsx';
import styles from './edit-popup.module.css';
import { EditedMeanwhile } from './edited-meanwhile.tsx';
import { EnteredFields, FormFoot } from './enter-credentials.tsx';
import { keepChoices } from './keep-choices.ts';
import { fieldsOf, methodOf, secretName } from './methods.ts';
import { NameField } from './name-field.tsx';
import type { Saved } from './outcome.tsx';
import { lower, RotationSteps } from './rotation-steps.tsx';
import { useCredentialsForm } from './use-credentials-form.ts';

interface Props {
  tool: Integration;
  connection: Connection;
  onClose: () => void;
  onSaved: (saved: Saved) => void;
  /** Sign in again instead, where there is no key to replace. */
  onReconnect: () => void;
  /** Opens with the field for a new key, rather than with the saved one. */
  startsReplacing?: boolean;
}

/** The connection's name, its dates, and behind the edit icon a new key in place of the saved one. */
export function EditPopup(props: Props) {
  const { tool, connection, onClose, onSaved, onReconnect, startsReplacing = false } = props;
  // The one it was opened on: whatever somebody else does meanwhile is noticed by its version.
  const [base, setBase] = useState(connection);
  const [name, setName] = useState(connection.name);
  const method = methodOf(tool, base);
  const isSignIn = method?.kind === 'oauth2';
  const [isReplacing, setReplacing] = useState(
    !isSignIn && (startsReplacing || connection.status === 'disconnected'),
  );
  const [keepHours, setKeepHours] = useState(24);
  // Of a new key there is no date yet.
  const datesBefore = isReplacing ? noDates : datesOf(base);
  const [dates, setDates] = useState(datesBefore);
  const isRenamed = name.trim() !== base.name;
  const newDates = changedDates(dates, datesBefore);
  const isChanged = isReplacing || isRenamed || Object.keys(newDates).length > 0;
  const form = useCredentialsForm(
    (credentials, { saveUnverified = false }) =>
      api.connections.update(
        base.id,
        {
          ...(isRenamed && { name: name.trim() }),
          ...newDates,
          ...(isReplacing && {
            credentials,
            save_unverified: saveUnverified,
            keep_previous_hours: keepHours,
          }),
        },
        base.version,
      ),
    (saved) => {
      onClose();
      if (saved.verdict !== null) onSaved(saved);
      else toastDone(isRenamed ? `Renamed to “${saved.name}”.` : 'Saved.');
    },
    base.fields,
  );
  const isStale = hasCode(form.error, 'edited_meanwhile');
  const takeTheirs = (theirs: Connection) => {
    if (!isRenamed) setName(theirs.name);
    if (!isReplacing && Object.keys(newDates).length === 0) setDates(datesOf(theirs));
    setBase(theirs);
    form.setError(null);
  };

  const replace = () => {
    setReplacing(true);
    setDates(noDates);
  };

  return (
    <Modal opened onClose={onClose} title={`Edit ${connection.name}`} size={480}>
      <form
        className={formStyles.form}
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isChanged) onClose();
          else void form.submit();
        }}
      >
        <NameField
          value={name}
          onText={setName}
          refusal={form.error}
          required
          withAsterisk={false}
          data-autofocus
        />
        {isReplacing ? (
          <Replacement {...{ tool, connection: base, form, keepHours }} onKeepHours={setKeepHours} />
        ) : (
          <SavedKey
            label={isSignIn ? 'Sign-in' : secretName(method)}
            connection={base}
            onReplace={isSignIn ? onReconnect : replace}
            isSignIn={isSignIn}
          />
        )}
        <FoldedDates
          key={isReplacing ? 'new' : 'saved'}
          dates={dates}
          onDates={setDates}
          what={isSignIn ? 'sign-in' : lower(secretName(method))}
          known={isReplacing ? undefined : knownEnd(base)}
          errorOf={(date) => form.error?.field(date === 'ends' ? 'ends_at' : 'rotate_at')}
        />
        {isStale && <EditedMeanwhile base={base} onTheirs={takeTheirs} />}
        <FormFoot
          form={isStale ? { ...form, error: null } : form}
          tool={tool}
          onCancel={onClose}
          isChecked={isReplacing}
        />
      </form>
    </Modal>
  );
}

interface ReplacementProps {
  tool: Integration;
  connection: Connection;
  form: Parameters<typeof EnteredFields>[0]['form'];
  keepHours: number;
  onKeepHours: (hours: number) => void;
}

/** A new key in place of the saved one: the steps, the field, and what becomes of the old one. */
function Replacement({ tool, connection, form, keepHours, onKeepHours }: ReplacementProps) {
  const method = methodOf(tool, connection);
  const hasOld = connection.status !== 'disconnected';
  const firstSecret = fieldsOf(tool, method).find((field) => field.is_secret)?.name;
  return (
    <>
      {hasOld && <RotationSteps tool={tool} method={method} done={0} />}
      <EnteredFields tool={tool} method={method} form={form} focused={firstSecret} />
      {hasOld && (
        <NativeSelect
          label={`Keep the old ${lower(secretName(method))} here`}
          data={keepChoices}
          value={String(keepHours)}
          onChange={(event) => onKeepHours(Number(event.currentTarget.value))}
        />
      )}
    </>
  );
}

interface SavedKeyProps {
  label: string;
  connection: Connection;
  onReplace: () => void;
  isSignIn: boolean;
}

/** The saved secret as dots, with the edit icon beside it. */
function SavedKey({ label, connection, onReplace, isSignIn }: SavedKeyProps) {
  const verb = isSignIn ? 'Sign in again' : `Replace the ${label}`;
  return (
    <Input.Wrapper label={label} labelElement="div">
      <div className={styles.saved}>
        {isSignIn ? (
          <span className="k-clip">{signedInAs(connection)}</span>
        ) : (
          <span className={styles.dots}>••••••••••••{connection.hint}</span>
        )}
        <ActionIcon onClick={onReplace} aria-label={verb} title={verb}>
          <IconPencil size={16} />
        </ActionIcon>
      </div>
    </Input.Wrapper>
  );
}

function signedInAs({ status, account }: Connection): string {
  return status === 'disconnected' ? 'Not signed in' : (account?.name ?? 'Signed in');
}

/** What the credential or the tool says of its end by itself; the sooner of that and the entered day counts. */
function knownEnd({ expires_at: at, ends_at: entered, method }: Connection): string | undefined {
  if (at === null || at === entered || method === 'oauth2') return undefined;
  return `It ends on ${shortDay(dayOfMoment(at))} by itself. An earlier day entered here counts.`;
}
