import type { Expiry, ExpiryKind } from '@keyrail/contract/expiries';
import { ActionIcon, Button, Loader } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import {
  addMonths,
  type Day,
  dayName,
  dayOfMoment,
  firstOfMonth,
  monthName,
  monthOf,
  today,
} from '../../lib/dates.ts';
import { isOver } from '../../lib/expiry-words.ts';
import { count } from '../../lib/format.ts';
import { monthExpiriesQuery } from '../../lib/notice-queries.ts';
import { Failed, Notice } from '../../ui/notice.tsx';
import { Section } from '../../ui/page.tsx';
import { useInSight } from '../../ui/use-in-sight.ts';
import styles from './expiries.module.css';
import { Expiries } from './expiry-list.tsx';
import { MonthGrid } from './month-grid.tsx';

interface Props {
  kind: ExpiryKind | undefined;
  /** The first of all, soonest first: what is over stands above every month. */
  soonest: readonly Expiry[];
}

/** A month, and below it what ends in it or on the chosen day. */
export function MonthView({ kind, soonest }: Props) {
  const [focused, setFocused] = useState<Day>(today);
  const [chosen, setChosen] = useState<Day | null>(null);
  const below = useInSight<HTMLDivElement>(chosen);
  const month = firstOfMonth(focused);
  const expiries = useQuery({ ...monthExpiriesQuery(month, kind), placeholderData: keepPreviousData });
  const all = expiries.data ?? [];
  const inMonth = all.filter((one) => monthOf(dayOfMoment(one.at)) === monthOf(month));
  const shown = chosen === null ? inMonth : all.filter((one) => dayOfMoment(one.at) === chosen);
  const over = soonest.filter((one) => isOver(one) && monthOf(dayOfMoment(one.at)) !== monthOf(month));
  const go = (day: Day, choice: Day | null = null) => {
    setFocused(day);
    setChosen(choice);
  };
  const turn = (months: number) => go(addMonths(month, months));

  return (
    <>
      {over.length > 0 && <Over over={over} onShow={(day) => go(day, day)} />}
      <div className={styles.month}>
        <h2 className={styles.name} aria-live="polite" id="expiries-month">
          {monthName(month)}
        </h2>
        {expiries.isFetching && <Loader size={14} aria-hidden />}
        <span className={styles.turn}>
          <Button size="compact-sm" variant="default" onClick={() => go(today())}>
            Today
          </Button>
          <ActionIcon onClick={() => turn(-1)} aria-label="The month before">
            <IconChevronLeft size={16} />
          </ActionIcon>
          <ActionIcon onClick={() => turn(1)} aria-label="The next month">
            <IconChevronRight size={16} />
          </ActionIcon>
        </span>
      </div>
      {expiries.isLoadingError && <Failed error={expiries.error} retry={() => void expiries.refetch()} />}
      <MonthGrid
        labelledBy="expiries-month"
        expiries={all}
        focused={focused}
        chosen={chosen}
        onFocus={setFocused}
        onChoose={(day) => setChosen(day === chosen ? null : day)}
      />
      <div ref={below}>
        <Section
          title={chosen === null ? `In ${monthName(month)}` : dayName(chosen)}
          actions={
            chosen !== null && (
              <Button size="compact-sm" variant="default" onClick={() => setChosen(null)}>
                Show the whole month
              </Button>
            )
          }
        >
          {shown.length === 0 ? <p className="k-2">Nothing ends then.</p> : <Expiries expiries={shown} />}
        </Section>
      </div>
    </>
  );
}

/** What is over already, where another month is looked at. */
function Over({ over, onShow }: { over: readonly Expiry[]; onShow: (day: Day) => void }) {
  const [first] = over;
  if (first === undefined) return null;
  return (
    <div className={styles.over}>
      <Notice
        tone="red"
        title={
          over.length === 1
            ? `${first.subject.name} is over since ${dayName(dayOfMoment(first.at))}.`
            : `${count(over.length, 'date')} are over, the first since ${dayName(dayOfMoment(first.at))}.`
        }
        action={
          <Button size="compact-sm" variant="default" onClick={() => onShow(dayOfMoment(first.at))}>
            Show
          </Button>
        }
      />
    </div>
  );
}
