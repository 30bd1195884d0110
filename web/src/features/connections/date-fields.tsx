import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { dayOfMoment, momentOfDay, today } from '../../lib/dates.ts';
import styles from './date-fields.module.css';

/** Two days, as they stand in their fields: empty where there is none. */
export interface Dates {
  ends: string;
  replace: string;
}

export const noDates: Dates = { ends: '', replace: '' };

interface Saved {
  ends_at: string | null;
  rotate_at: string | null;
}

export const datesOf = ({ ends_at: ends, rotate_at: replace }: Saved): Dates => ({
  ends: ends === null ? '' : dayOfMoment(ends),
  replace: replace === null ? '' : dayOfMoment(replace),
});

/** What of the dates is to be sent: those that are not what they were. Null takes one away. */
export function changedDates(now: Dates, before: Dates): Partial<Saved> {
  return {
    ...(now.ends !== before.ends && { ends_at: momentOf(now.ends) }),
    ...(now.replace !== before.replace && { rotate_at: momentOf(now.replace) }),
  };
}

export const momentOf = (day: string): string | null => (day === '' ? null : momentOfDay(day));

interface Props {
  dates: Dates;
  onDates: (dates: Dates) => void;
  /** What ends: "API key", "client secret". */
  what: string;
  /** What is known of its end without anybody's word. */
  known?: React.ReactNode;
  errorOf?: (name: 'ends' | 'replace') => string | undefined;
  /** Left out where only the end can be given, as at the first connecting. */
  hasReplace?: boolean;
}

/** When the credential ends, where only a person was told, and when people want it replaced. */
function DateFields({ dates, onDates, what, known, errorOf, hasReplace = true }: Props) {
  return (
    <div className={styles.dates}>
      <TextInput
        type="date"
        label="Ends on"
        description={known ?? `If the tool told you when this ${what} ends.`}
        inputWrapperOrder={['label', 'input', 'error', 'description']}
        value={dates.ends}
        onChange={(event) => onDates({ ...dates, ends: event.currentTarget.value })}
        error={errorOf?.('ends') ?? endsWarning(dates.ends)}
        max="2199-12-31"
      />
      {hasReplace && (
        <TextInput
          type="date"
          label="Replace by"
          description="When you want it replaced. Nothing stops then: you are reminded."
          inputWrapperOrder={['label', 'input', 'error', 'description']}
          value={dates.replace}
          onChange={(event) => onDates({ ...dates, replace: event.currentTarget.value })}
          error={errorOf?.('replace')}
          max="2199-12-31"
        />
      )}
    </div>
  );
}

function endsWarning(day: string): string | undefined {
  return day !== '' && day < today() ? 'That day is over.' : undefined;
}

interface FoldedProps extends Props {
  isOpen?: boolean;
}

/** The same behind a quiet line: most keys have no date. */
export function FoldedDates({ isOpen = false, ...fields }: FoldedProps) {
  const [wasOpen] = useState(isOpen || fields.dates.ends !== '' || fields.dates.replace !== '');
  return (
    <details className={styles.folded} open={wasOpen}>
      <summary>{fields.hasReplace === false ? 'End date' : 'Dates'}</summary>
      <DateFields {...fields} />
    </details>
  );
}
