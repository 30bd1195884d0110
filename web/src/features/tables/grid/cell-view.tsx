import type { ActionCell, CellValue, Column } from '@keyrail/contract/tables';
import {
  IconAlertTriangleFilled,
  IconCheck,
  IconClockPause,
  IconCoins,
  IconHelpCircleFilled,
  IconHistory,
  IconMinus,
  IconPlayerSkipForward,
} from '@tabler/icons-react';
import { cellWords } from '../../../lib/words.ts';
import { lineOf, safeAddress } from './cell-value.ts';
import styles from './cell-view.module.css';

/** A typed value in one line. Everything is text, whatever it looks like; a link opens only for http(s). */
export function ValueView({ value, type }: { value: CellValue | undefined; type: Column['type'] }) {
  if (value === null || value === undefined || value === '') return null;
  if (type === 'boolean' || typeof value === 'boolean') {
    return value === true ? (
      <IconCheck size={15} className={styles.yes} aria-label="Yes" />
    ) : (
      <span className={styles.no}>No</span>
    );
  }
  const line = lineOf(value, type);
  const address = type === 'url' ? safeAddress(value) : undefined;
  if (address !== undefined) {
    return (
      <a href={address} target="_blank" rel="noopener noreferrer" tabIndex={-1} className={styles.link}>
        {line}
      </a>
    );
  }
  return line;
}

/** A cell of an action column: its value, or its state as a sign and words. */
export function ActionView({ cell, name }: { cell: ActionCell | undefined; name: string }) {
  if (cell === undefined || cell.state === 'empty') return null;
  const words = cell.message ?? cellWords[cell.state].words;
  switch (cell.state) {
    case 'done':
      return <ValueView value={cell.value} type={typeOf(cell.value)} />;
    case 'stale':
      return (
        <State
          tone="grey"
          icon={<IconHistory size={14} />}
          words={lineOf(cell.value, 'text') || words}
          title="Inputs changed since this was found"
        />
      );
    case 'queued':
      return <Dots words="Queued" />;
    case 'running':
      return <Pulse words={`${name} is running`} />;
    case 'no_result':
      return <State tone="grey" icon={<IconMinus size={14} />} words="No result" title={words} />;
    case 'skipped':
      return (
        <State tone="grey" icon={<IconPlayerSkipForward size={14} />} words={cell.message ?? 'Skipped'} />
      );
    case 'error':
      return <State tone="red" icon={<IconAlertTriangleFilled size={14} />} words={words} />;
    case 'unknown':
      return (
        <State
          tone="amber"
          icon={<IconHelpCircleFilled size={14} />}
          words={cell.message ?? 'Unknown: check'}
        />
      );
    case 'waiting_for_connection':
      return <State tone="amber" icon={<IconClockPause size={14} />} words={words} />;
    case 'out_of_credits':
    case 'over_budget':
      return <State tone="amber" icon={<IconCoins size={14} />} words={words} />;
  }
}

const typeOf = (value: CellValue): Column['type'] => (safeAddress(value) === undefined ? 'text' : 'url');

interface StateProps {
  tone: 'grey' | 'red' | 'amber';
  icon: React.ReactNode;
  words: string;
  title?: string;
}

function State({ tone, icon, words, title }: StateProps) {
  return (
    <span className={styles.state} data-tone={tone} title={title ?? words}>
      {icon}
      <span className={styles.text}>{words}</span>
    </span>
  );
}

function Dots({ words }: { words: string }) {
  return (
    <span className={styles.dots} role="img" aria-label={words} title={words}>
      <i />
      <i />
      <i />
    </span>
  );
}

function Pulse({ words }: { words: string }) {
  return (
    <span className={styles.state} data-tone="grey" title={words}>
      <span className={styles.pulse} aria-hidden />
      <span className={styles.text}>Running</span>
    </span>
  );
}
