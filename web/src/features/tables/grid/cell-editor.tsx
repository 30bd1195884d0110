import type { CellValue, ValueType } from '@keyrail/contract/tables';
import { useLayoutEffect, useRef, useState } from 'react';
import styles from './cell-editor.module.css';
import { parse } from './cell-value.ts';

export type Leave = 'stay' | 'down' | 'up' | 'right' | 'left';

interface Props {
  /** What stands in the field at first: the value, or the letter that was typed over it. */
  text: string;
  type: ValueType;
  label: string;
  onDone: (value: CellValue, leave: Leave) => void;
  onCancel: () => void;
}

/** Enter and Tab save and go on, Escape leaves the value as it was, Shift Enter makes a new line. */
export function CellEditor({ text: initial, type, label, onDone, onCancel }: Props) {
  const [text, setText] = useState(initial);
  const [problem, setProblem] = useState<string | null>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const isOver = useRef(false);

  useLayoutEffect(() => {
    const box = field.current;
    box?.focus({ preventScroll: true });
    box?.setSelectionRange(box.value.length, box.value.length);
  }, []);

  const done = (leave: Leave) => {
    const parsed = parse(text, type);
    if (parsed.kind === 'refused') return setProblem(parsed.message);
    isOver.current = true;
    onDone(parsed.value, leave);
  };
  const cancel = () => {
    isOver.current = true;
    onCancel();
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    event.stopPropagation();
    if (event.nativeEvent.isComposing) return;
    if (event.key === 'Escape') {
      event.preventDefault();
      cancel();
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      done('down');
    } else if (event.key === 'Tab') {
      event.preventDefault();
      done(event.shiftKey ? 'left' : 'right');
    }
  };
  const onBlur = () => {
    if (isOver.current) return;
    if (parse(text, type).kind === 'fits') done('stay');
    else cancel();
  };

  return (
    <div className={styles.editor}>
      <textarea
        ref={field}
        className={styles.field}
        data-align={type === 'number' ? 'right' : undefined}
        value={text}
        rows={1}
        aria-label={label}
        aria-invalid={problem !== null}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => {
          setText(event.currentTarget.value);
          setProblem(null);
        }}
        onKeyDown={onKeyDown}
        onBlur={onBlur}
      />
      {problem !== null && (
        <p className={styles.problem} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
