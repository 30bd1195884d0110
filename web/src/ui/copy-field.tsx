import { Button } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import styles from './copy-field.module.css';

/** A text to take along. Where the clipboard is shut the text is selected instead. */
export function CopyField({ value, label }: { value: string; label: string }) {
  const [isCopied, setCopied] = useState(false);
  const text = useRef<HTMLElement>(null);
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
      if (text.current !== null) getSelection()?.selectAllChildren(text.current);
    }
  };

  return (
    <div className={styles.field}>
      <code ref={text} className={styles.text} title={label}>
        {value}
      </code>
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
