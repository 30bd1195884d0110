import type { Expiry } from '@keyrail/contract/expiries';
import { VisuallyHidden } from '@mantine/core';
import { IconAlertTriangleFilled } from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import {
  addDays,
  addMonths,
  type Day,
  dayName,
  dayOfMoment,
  monthOf,
  today,
  weekday,
  weeksOf,
} from '../../lib/dates.ts';
import { expiryTone, expiryWords } from '../../lib/expiry-words.ts';
import { ExpiryIcon } from '../../ui/expiry-row.tsx';
import styles from './expiries.module.css';

interface Props {
  labelledBy: string;
  expiries: readonly Expiry[];
  /** Where the keyboard is; its month is shown. */
  focused: Day;
  chosen: Day | null;
  onFocus: (day: Day) => void;
  onChoose: (day: Day) => void;
}

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

/** A month as a grid: arrows go by days and weeks, Page up and down by months, Home and End within the week. */
export function MonthGrid({ labelledBy, expiries, focused, chosen, onFocus, onChoose }: Props) {
  const grid = useRef<HTMLTableElement>(null);
  const byKeyboard = useRef(false);
  const byDay = Map.groupBy(expiries, ({ at }) => dayOfMoment(at));
  useEffect(() => {
    if (!byKeyboard.current) return;
    byKeyboard.current = false;
    grid.current?.querySelector<HTMLButtonElement>(`[data-day="${focused}"]`)?.focus();
  }, [focused]);
  const onKeyDown = (event: React.KeyboardEvent) => {
    const next = stepOf(event.key, focused);
    if (next === null) return;
    event.preventDefault();
    byKeyboard.current = true;
    onFocus(next);
  };
  return (
    // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: a table whose days are walked by arrows is a grid
    <table ref={grid} role="grid" aria-labelledby={labelledBy} className={styles.grid} onKeyDown={onKeyDown}>
      <thead>
        <tr>
          {weekdays.map((name) => (
            <th key={name} scope="col" abbr={name}>
              {name.slice(0, 3)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeksOf(focused).map((week) => (
          <tr key={week[0]}>
            {week.map((day) => (
              // biome-ignore lint/a11y/noNoninteractiveElementToInteractiveRole: the cell of a grid
              // biome-ignore lint/a11y/useFocusableInteractive: the button in it has the focus
              <td key={day} role="gridcell" aria-selected={day === chosen}>
                <DayButton
                  day={day}
                  expiries={byDay.get(day) ?? []}
                  isOfMonth={monthOf(day) === monthOf(focused)}
                  isReached={day === focused}
                  isChosen={day === chosen}
                  onClick={() => {
                    onFocus(day);
                    onChoose(day);
                  }}
                />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function stepOf(key: string, from: Day): Day | null {
  switch (key) {
    case 'ArrowLeft':
      return addDays(from, -1);
    case 'ArrowRight':
      return addDays(from, 1);
    case 'ArrowUp':
      return addDays(from, -7);
    case 'ArrowDown':
      return addDays(from, 7);
    case 'PageUp':
      return addMonths(from, -1);
    case 'PageDown':
      return addMonths(from, 1);
    case 'Home':
      return addDays(from, -weekday(from));
    case 'End':
      return addDays(from, 6 - weekday(from));
    default:
      return null;
  }
}

interface DayProps {
  day: Day;
  expiries: readonly Expiry[];
  isOfMonth: boolean;
  /** The one that Tab leads to. */
  isReached: boolean;
  isChosen: boolean;
  onClick: () => void;
}

const shown = 2;

function DayButton({ day, expiries, isOfMonth, isReached, isChosen, onClick }: DayProps) {
  const rest = expiries.length - shown;
  return (
    <button
      type="button"
      className={styles.day}
      data-day={day}
      data-other={!isOfMonth || undefined}
      data-chosen={isChosen || undefined}
      tabIndex={isReached ? 0 : -1}
      {...(day === today() && { 'aria-current': 'date' as const })}
      onClick={onClick}
    >
      <VisuallyHidden>{dayName(day)}</VisuallyHidden>
      <span className={styles.number} data-number={Number(day.slice(8))} aria-hidden />
      {expiries.slice(0, rest === 1 ? shown + 1 : shown).map((expiry) => (
        <Chip key={expiry.id} expiry={expiry} />
      ))}
      {rest > 1 && <span className={styles.rest}>+{rest} more</span>}
    </button>
  );
}

function Chip({ expiry }: { expiry: Expiry }) {
  const tone = expiryTone(expiry);
  return (
    <span className={styles.chip} data-tone={tone}>
      <ExpiryIcon expiry={expiry} size={16} />
      <VisuallyHidden>, {expiryWords[expiry.kind]}: </VisuallyHidden>
      <span className="k-clip">{expiry.subject.name}</span>
      {tone !== 'grey' && <IconAlertTriangleFilled size={11} className={styles.sign} aria-hidden />}
    </span>
  );
}
