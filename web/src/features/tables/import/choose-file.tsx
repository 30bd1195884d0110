import { IconFileTypeCsv } from '@tabler/icons-react';
import { useId, useState } from 'react';
import styles from './import.module.css';

/** Takes a file by drop, click or keyboard. */
export function ChooseFile({ onChoose }: { onChoose: (file: File) => void }) {
  const [isOver, setOver] = useState(false);
  const id = useId();
  return (
    <label
      htmlFor={id}
      className={styles.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        const file = event.dataTransfer.files[0];
        if (file) onChoose(file);
      }}
    >
      <input
        id={id}
        type="file"
        accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
        className={styles.file}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          if (file) onChoose(file);
        }}
      />
      <IconFileTypeCsv size={28} aria-hidden />
      <span className={styles.dropTitle}>Drop a CSV file here, or choose one</span>
      <span className="k-2">Commas, semicolons or tabs; any usual encoding. Up to 1,000,000 rows.</span>
    </label>
  );
}
