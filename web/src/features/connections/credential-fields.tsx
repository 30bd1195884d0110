import type { CredentialField } from '@keyrail/contract/integrations';
import { PasswordInput, TextInput } from '@mantine/core';
import { IconExternalLink } from '@tabler/icons-react';
import styles from './credential-fields.module.css';

interface Props {
  fields: readonly CredentialField[];
  values: Readonly<Record<string, string>>;
  onChange: (values: Record<string, string>) => void;
  /** The message of a field the server named. */
  errorOf: (name: string) => string | undefined;
  /** Where in the tool the key is found: "Dashboard > API key". */
  keyLocation: string | null;
  toolName: string;
}

/**
 * What has to be entered to connect. A secret can be shown only while it is typed here; it is never filled in again
 * from the server, and browsers are asked not to keep it.
 */
export function CredentialFields({ fields, values, onChange, errorOf, keyLocation, toolName }: Props) {
  const locationField = fields.find((field) => field.is_secret)?.name;
  return (
    <>
      {fields.map((field) => {
        const shared = {
          label: field.label,
          description: (
            <Help
              field={field}
              location={field.name === locationField ? keyLocation : null}
              toolName={toolName}
            />
          ),
          value: values[field.name] ?? '',
          onChange: (event: React.ChangeEvent<HTMLInputElement>) =>
            onChange({ ...values, [field.name]: event.currentTarget.value }),
          error: errorOf(field.name),
          required: field.is_required,
          withAsterisk: false,
          spellCheck: false,
          autoCapitalize: 'off',
          'data-1p-ignore': true,
          'data-lpignore': 'true',
          inputWrapperOrder: ['label', 'input', 'error', 'description'] as Array<
            'label' | 'input' | 'error' | 'description'
          >,
          ...(field.example !== null && { placeholder: field.example }),
        };
        if (!field.is_secret) return <TextInput key={field.name} autoComplete="off" {...shared} />;
        return (
          <PasswordInput
            key={field.name}
            autoComplete="new-password"
            visibilityToggleButtonProps={{ 'aria-label': `Show or hide what is typed in ${field.label}` }}
            {...shared}
          />
        );
      })}
    </>
  );
}

interface HelpProps {
  field: CredentialField;
  location: string | null;
  toolName: string;
}

function Help({ field, location, toolName }: HelpProps) {
  const words = location ?? field.help;
  if (words === null) return null;
  const isLinked = field.help_url !== null && /^https?:/i.test(field.help_url);
  return (
    <span className={styles.help}>
      {location !== null && `In ${toolName}: `}
      {isLinked && field.help_url !== null ? (
        <a href={field.help_url} target="_blank" rel="noopener noreferrer">
          {words} <IconExternalLink size={12} className={styles.outside} aria-label="opens in a new tab" />
        </a>
      ) : (
        words
      )}
      {location !== null && field.help !== null && field.help !== location && (
        <span className={styles.more}>{field.help}</span>
      )}
    </span>
  );
}
