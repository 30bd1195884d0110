import type { Authorization } from '@keyrail/contract/oauth';
import { Button, Radio, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { sentenceOf } from '../../../lib/failure.ts';
import { number } from '../../../lib/format.ts';
import { Ago } from '../../../ui/ago.tsx';
import styles from './choose-account.module.css';
import type { SignInControl } from './use-sign-in.ts';

interface Props {
  control: SignInControl;
  authorization: Authorization;
  toolName: string;
}

/** More than are read at a glance: then there is a field to search them. */
const many = 8;

/** After the sign-in: which of the accounts it reaches the connection is for. Enter chooses, as the button does. */
export function ChooseAccount({ control, authorization, toolName }: Props) {
  const choices = authorization.choices ?? [];
  const what = authorization.choice_label ?? 'account';
  const [chosen, setChosen] = useState<string | null>(null);
  const [search, setSearch] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const box = useRef<HTMLFieldSetElement>(null);
  // The window that had the focus has closed: the next step has it now.
  useEffect(() => box.current?.querySelector('input')?.focus(), []);
  const wanted = search.trim().toLowerCase();
  const shown = choices.filter((choice) => choice.label.toLowerCase().includes(wanted));

  const choose = async () => {
    if (chosen === null || isBusy) return;
    setBusy(true);
    setError(null);
    try {
      await control.choose(chosen);
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <fieldset
      ref={box}
      className={styles.box}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.target instanceof HTMLButtonElement) return;
        // The form around it would begin another sign-in.
        event.preventDefault();
        void choose();
      }}
    >
      <legend className={styles.title}>You are signed in. Which {lower(what)} is this connection for?</legend>
      <p className="k-2">
        {toolName} gave access to {number(choices.length)} of them. The choice ends{' '}
        <Ago at={authorization.expires_at} />; after that, sign in again.
      </p>
      {choices.length > many && (
        <TextInput
          type="search"
          size="xs"
          aria-label={`Search: ${what}`}
          placeholder="Search"
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          autoComplete="off"
        />
      )}
      <Radio.Group value={chosen} onChange={setChosen} aria-label={what}>
        <div className={styles.choices}>
          {shown.map((choice) => (
            <Radio
              key={choice.value}
              value={choice.value}
              label={choice.label}
              size="sm"
              disabled={isBusy}
              classNames={{ root: styles.choice ?? '', body: styles.body ?? '' }}
              data-chosen={choice.value === chosen || undefined}
            />
          ))}
          {shown.length === 0 && <p className="k-2">None of them is called that.</p>}
        </div>
      </Radio.Group>
      {error !== null && (
        <p role="alert" className={styles.error}>
          {sentenceOf(error)}
        </p>
      )}
      <div className={styles.buttons}>
        <Button variant="default" onClick={control.stop}>
          Cancel
        </Button>
        <Button onClick={() => void choose()} disabled={chosen === null} loading={isBusy}>
          Use this {lower(what)}
        </Button>
      </div>
    </fieldset>
  );
}

/** "Organization" becomes small inside a sentence; "Jira site" keeps the name it begins with. */
const lower = (label: string): string =>
  /^[A-Z][a-z]+$/.test(label) ? label.charAt(0).toLowerCase() + label.slice(1) : label;
