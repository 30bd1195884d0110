import type { CredentialField } from '@keyrail/contract/integrations';
import { NativeSelect, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Fragment } from 'react';
import { SecretInput } from '../../ui/secret-input.tsx';
import styles from './credential-fields.module.css';
import { FileField } from './files/file-field.tsx';

interface Props {
  fields: readonly CredentialField[];
  values: Readonly<Record<string, string>>;
  onChange: (values: Record<string, string>) => void;
  /** The message of a field the server named. */
  errorOf: (name: string) => string | undefined;
  /** Where in the tool the key is found: "Dashboard > API key". */
  keyLocation: string | null;
  toolName: string;
  /** The field that takes the focus, as after the edit icon beside it. */
  focused?: string | undefined;
  /** Stands right below the first file, or else below all fields: what it is. */
  belowFile?: React.ReactNode;
}

/**
 * What has to be entered to connect. A secret can be shown only while it is typed here; it is never filled in again
 * from the server, and browsers are asked not to keep it.
 */
export function CredentialFields(props: Props) {
  const locationField = props.fields.find((field) => field.is_secret)?.name;
  const fileField = (props.fields.find(isFile) ?? props.fields.at(-1))?.name;
  return (
    <>
      {props.fields.map((field) => (
        <Fragment key={field.name}>
          <OneField field={field} hasLocation={field.name === locationField} {...props} />
          {field.name === fileField && props.belowFile}
        </Fragment>
      ))}
    </>
  );
}

const isFile = (field: CredentialField): boolean => field.input === 'file' || field.input === 'multiline';

const wrapperOrder: Array<'label' | 'input' | 'error' | 'description'> = [
  'label',
  'input',
  'error',
  'description',
];

function OneField({
  field,
  hasLocation,
  values,
  onChange,
  errorOf,
  keyLocation,
  toolName,
  focused,
}: Props & { field: CredentialField; hasLocation: boolean }) {
  const help = <Help field={field} location={hasLocation ? keyLocation : null} toolName={toolName} />;
  const value = values[field.name] ?? '';
  const set = (next: string) => onChange({ ...values, [field.name]: next });
  if (isFile(field)) {
    return <FileField field={field} value={value} onChange={set} error={errorOf(field.name)} help={help} />;
  }
  const shared = {
    label: field.label,
    description: help,
    value,
    error: errorOf(field.name),
    required: field.is_required,
    withAsterisk: false,
    inputWrapperOrder: wrapperOrder,
  };
  if (field.input === 'choice' && field.choices !== null) {
    const choices = field.choices.some((choice) => choice.value === value)
      ? field.choices
      : [{ value: '', label: 'Choose…' }, ...field.choices];
    return <NativeSelect {...shared} data={choices} onChange={(event) => set(event.currentTarget.value)} />;
  }
  const typed = {
    ...shared,
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => set(event.currentTarget.value),
    spellCheck: false,
    autoCapitalize: 'off',
    autoFocus: focused === field.name,
    'data-1p-ignore': true,
    'data-lpignore': 'true',
    ...(field.example !== null && { placeholder: field.example }),
  };
  if (!field.is_secret) return <TextInput autoComplete="off" {...typed} />;
  return <SecretInput autoComplete="new-password" {...typed} />;
}

interface HelpProps {
  field: CredentialField;
  location: string | null;
  toolName: string;
}

function Help({ field, location, toolName }: HelpProps) {
  const words = location ?? field.help ?? (field.is_required ? null : 'Optional.');
  if (words === null) return null;
  // The address is that of the key's place; other words would promise something else than it leads to.
  const isLinked = location !== null && field.help_url !== null && /^https?:/i.test(field.help_url);
  return (
    <span className={styles.help}>
      {/* A key file often comes from somewhere else than the tool, and the words name it. */}
      {location !== null && !isFile(field) && `In ${toolName}: `}
      {isLinked && field.help_url !== null ? (
        <a href={field.help_url} target="_blank" rel="noopener noreferrer">
          {words} <IconExternalLink size={12} className={styles.outside} aria-label="opens in a new tab" />
        </a>
      ) : (
        words
      )}
      {!field.is_required && words !== 'Optional.' && ' Optional.'}
      {location !== null && field.help !== null && field.help !== location && (
        <span className={styles.more}>{field.help}</span>
      )}
    </span>
  );
}
