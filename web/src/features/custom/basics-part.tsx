import { TextInput } from '@mantine/core';
import { IntegrationIcon } from '../../ui/integration-icon.tsx';
import styles from './custom.module.css';
import { iconColors } from './draft.ts';
import { Line, type PartProps } from './form-parts.tsx';

/** What it is called, how it looks, and where it is. */
export function BasicsPart({ draft, onChange, problem }: PartProps) {
  const monogram = draft.iconText.trim() || draft.name.trim().charAt(0).toUpperCase() || '?';
  return (
    <>
      <TextInput
        label="Name"
        placeholder="Acme CRM"
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
        error={problem('name')}
        maxLength={60}
        autoComplete="off"
      />
      <TextInput
        label="Description"
        description="One line for the people of this workspace."
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
        error={problem('description')}
        maxLength={160}
        autoComplete="off"
      />
      <fieldset className={styles.icon}>
        <legend>Icon</legend>
        <IntegrationIcon icon={{ url: null, monogram, color: draft.iconColor }} size={40} />
        <TextInput
          aria-label="Letters or an emoji"
          placeholder={monogram}
          value={draft.iconText}
          onChange={(event) => onChange({ iconText: event.currentTarget.value })}
          error={problem('icon')}
          maxLength={16}
          autoComplete="off"
          className={styles.letters}
        />
        <div className={styles.swatches}>
          {iconColors.map(({ value: color, name }) => (
            <label key={color} className={styles.swatch} style={{ background: color }} title={name}>
              <input
                type="radio"
                name="icon-color"
                aria-label={`${name} background`}
                checked={draft.iconColor === color}
                onChange={() => onChange({ iconColor: color })}
              />
            </label>
          ))}
        </div>
      </fieldset>
      <Line
        label="Base URL"
        description="Where its API is. Credentials go there, and nowhere else."
        placeholder="https://api.acme.example/v1"
        value={draft.baseUrl}
        onText={(baseUrl) => onChange({ baseUrl })}
        error={problem('base_url')}
        inputMode="url"
      />
    </>
  );
}
