import { Button } from '@mantine/core';
import { fileSize } from '../../../lib/format.ts';
import { Bar } from '../../../ui/bar.tsx';
import styles from './import.module.css';
import type { Sent } from './use-import.ts';

/** How far the upload is; then that the server works on it. */
export function Progress({ sent, total, onStop }: Sent & { onStop: () => void }) {
  const isSent = sent >= total;
  return (
    <div className={styles.stack}>
      <p role="status">{isSent ? 'Storing the rows…' : 'Sending the file…'}</p>
      <Bar
        label="Upload"
        total={Math.max(1, total)}
        parts={[{ key: 'sent', value: Math.min(sent, total), tone: 'accent', words: 'sent' }]}
        isBusy={isSent}
      />
      <div className={styles.foot}>
        <span className="k-2 k-num">
          {fileSize(Math.min(sent, total))} of {fileSize(total)}
        </span>
        <Button variant="default" onClick={onStop}>
          Stop
        </Button>
      </div>
    </div>
  );
}
