import type { CredentialField, Recognised } from '@keyrail/contract/integrations';
import { NativeSelect, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { SecretInput } from '../../ui/secret-input.tsx';
import styles from './credential-fields.module.css';
import dates from './date-fields.module.css';
import { FileField } from './files/file-field.tsx';
import { type AskChoices, ListedField } from './listed-field.tsx';
import { namesItsPlace } from './methods.ts';

interface Props {
  fields: readonly CredentialField[];
  values: Readonly<Record<string, string>>;
  onChange: (values: Record<string, string>) => void;
  /** The message of a field the server named. */
  errorOf: (name: string) => string | undefined;
  /** Where in the tool the key is found: "Dashboard > API key". */
  keyLocation: string | null;
  /** What to know there: "Choose a read-only one." */
  keyHint?: string | null;
  toolName: string;
  /** The field that takes the focus, as after the edit icon beside it. */
  focused?: string | undefined;
  /** Stands right below the first file, or else below all fields: what it is. */
  belowFile?: React.ReactNode;
  /** What the entered file is, as far as it is known. */
  found?: Recognised | null;
  /** Asks the tool for what a field can be. */
  onAsk?: AskChoices | undefined;
}

/**
 * What has to be entered to connect. A secret can be shown only while it is typed here; it is never filled in again
 * from the server, and browsers are asked not to keep it.
 */
export function CredentialFields(props: Props) {
  const { fields, values, found = null, errorOf } = props;
  const isShown = (field: CredentialField) => isWanted(field, fields, { values, found, errorOf });
  const parts = partsOf(fields.filter(isShown));
  const locationField = parts.plain.find((field) => field.is_secret)?.name;
  const fileField = (parts.plain.find(isFile) ?? parts.plain.at(-1))?.name;
  const one = (field: CredentialField) => (
    <OneField key={field.name} field={field} hasLocation={field.name === locationField} {...props} />
  );
  return (
    <>
      {parts.plain.map((field) => (
        <Fragment key={field.name}>
          {one(field)}
          {field.name === fileField && props.belowFile}
        </Fragment>
      ))}
      {parts.groups.map(([group, members]) => (
        <FoldedGroup
          key={group}
          name={group}
          isNeeded={members.some(({ name }) => errorOf(name) !== undefined)}
          isFilled={members.some(({ name }) => (values[name] ?? '') !== '')}
        >
          {members.map(one)}
        </FoldedGroup>
      ))}
      {parts.listed.map(one)}
    </>
  );
}

const isFile = (field: CredentialField): boolean => field.input === 'file' || field.input === 'multiline';

interface GroupProps {
  name: string;
  /** When the form opened. */
  isFilled: boolean;
  isNeeded: boolean;
  children: React.ReactNode;
}

/** What few people need: closed, unless it has something in it or something is not right in it. */
function FoldedGroup({ name, isFilled, isNeeded, children }: GroupProps) {
  const [wasFilled] = useState(isFilled);
  return (
    <details className={dates.folded} open={wasFilled || isNeeded}>
      <summary>{name}</summary>
      <div className={styles.group}>{children}</div>
    </details>
  );
}

interface Parts {
  plain: CredentialField[];
  groups: [string, CredentialField[]][];
  listed: CredentialField[];
}

/** What the tool lists is asked with the other fields, so it stands below them; what few people need is folded. */
function partsOf(fields: readonly CredentialField[]): Parts {
  const listed = fields.filter((field) => field.is_listed);
  const plain = fields.filter((field) => !field.is_listed && field.group === null);
  const folded = fields.filter((field) => !field.is_listed && field.group !== null);
  return { plain, groups: [...Map.groupBy(folded, ({ group }) => group ?? '')], listed };
}

type Shown = Pick<Props, 'values' | 'errorOf'> & { found: Recognised | null };

/** A passphrase is asked for once the file turns out to need one; a key that is in the file already, not at all. */
function isWanted(
  field: CredentialField,
  fields: readonly CredentialField[],
  { values, errorOf, found }: Shown,
): boolean {
  if ((values[field.name] ?? '') !== '' || errorOf(field.name) !== undefined) return true;
  if (found?.brings.includes(field.name) === true) return false;
  const isLock = field.name === 'passphrase' && !field.is_required && fields.some(isFile);
  return !isLock || found?.problem?.field === field.name;
}

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
  keyHint = null,
  toolName,
  focused,
  found = null,
  fields,
  onAsk,
}: Props & { field: CredentialField; hasLocation: boolean }) {
  // What the file turned out to need is not told as optional.
  const isNeeded = field.is_required || found?.problem?.field === field.name;
  const help = (
    <Help
      field={{ ...field, is_required: isNeeded }}
      location={hasLocation ? keyLocation : null}
      hint={hasLocation ? keyHint : null}
      toolName={toolName}
    />
  );
  const value = values[field.name] ?? '';
  const set = (next: string) => onChange({ ...values, [field.name]: next });
  if (isFile(field)) {
    return <FileField field={field} value={value} onChange={set} error={errorOf(field.name)} help={help} />;
  }
  if (field.is_listed && onAsk !== undefined) {
    return (
      <ListedField
        {...{ field, fields, values, toolName, help, onAsk }}
        isBlocked={found !== null && found.problem !== null}
        onChange={set}
        error={errorOf(field.name)}
      />
    );
  }
  const shared = {
    label: field.label,
    description: help,
    value,
    error: errorOf(field.name),
    required: field.is_required && found?.brings.includes(field.name) !== true,
    withAsterisk: false,
    inputWrapperOrder: wrapperOrder,
  };
  if (field.input === 'choice' && field.choices !== null) {
    return (
      <NativeSelect
        {...shared}
        data={choicesOf(field.choices, field, value)}
        onChange={(event) => set(event.currentTarget.value)}
      />
    );
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

/** What is taken where nobody chooses stands first, so that an optional choice can be taken back. */
function choicesOf(choices: Choice[], field: CredentialField, value: string): Choice[] {
  const usual = choices.find((choice) => choice.value === field.default);
  if (usual !== undefined && value !== usual.value)
    return [{ value: '', label: usual.label }, ...choices.filter((choice) => choice !== usual)];
  const isChosen = choices.some((choice) => choice.value === value);
  return isChosen && (usual !== undefined || field.is_required)
    ? choices
    : [{ value: '', label: 'Choose…' }, ...choices];
}

type Choice = NonNullable<CredentialField['choices']>[number];

/** What is said of a field that may stay empty; a choice shows itself what is taken then. */
function optionalWords({ is_required: isRequired, default: usual, choices }: CredentialField): string | null {
  if (isRequired || (usual !== null && choices !== null)) return null;
  return usual === null ? 'Optional.' : `Optional: left empty, it is ${usual}.`;
}

interface HelpProps {
  field: CredentialField;
  location: string | null;
  hint: string | null;
  toolName: string;
}

function Help({ field, location, hint, toolName }: HelpProps) {
  const optional = optionalWords(field);
  const words = location ?? field.help ?? optional;
  if (words === null) return null;
  // The address is that of the key's place; other words would promise something else than it leads to.
  const isLinked = location !== null && field.help_url !== null && /^https?:/i.test(field.help_url);
  return (
    <span className={styles.help}>
      {/* A key file often comes from somewhere else than the tool, and the words name it. */}
      {location !== null && !isFile(field) && !namesItsPlace(location, toolName) && `In ${toolName}: `}
      {isLinked && field.help_url !== null ? (
        <a href={field.help_url} target="_blank" rel="noopener noreferrer">
          {words} <IconExternalLink size={12} className={styles.outside} aria-label="opens in a new tab" />
        </a>
      ) : (
        words
      )}
      {optional !== null && words !== optional && ` ${optional}`}
      {hint !== null && hint !== field.help && <span className={styles.more}>{hint}</span>}
      {location !== null && field.help !== null && field.help !== location && (
        <span className={styles.more}>{field.help}</span>
      )}
    </span>
  );
}
