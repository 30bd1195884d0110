import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import styles from './copy-field.module.css';

/** About as many characters as a line of the narrowest place has. */
const lineLength = 46;

/** A text to take along, all of it in sight. Where the clipboard is shut the text is selected instead. */
export function CopyField({ value, label }: { value: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const text = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [isCopied]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value);
      setCopied(true);
    } catch {
      text.current?.select();
    }
  };

  return (
    <div className={styles.field}>
      <textarea
        ref={text}
        className={styles.text}
        aria-label={label}
        readOnly
        rows={Math.min(6, Math.ceil(value.length / lineLength))}
        value={value}
        onFocus={(event) => event.currentTarget.select()}
        spellCheck={false}
      />
      <Button
        variant="default"
        onClick={copy}
        leftSection={isCopied ? <IconCheck size={14} /> : <IconCopy size={14} />}
        aria-live="polite"
      >
        {isCopied ? 'Copied' : 'Copy'}
      </Button>
    </div>
  );
}
