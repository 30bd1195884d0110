import type { CredentialField } from '@keyrail/contract/integrations';
import { Button, Input, Textarea } from '@mantine/core';
import { IconFileCheck, IconFileUpload } from '@tabler/icons-react';
import { useEffect, useId, useRef, useState } from 'react';
import { fileSize } from '../../../lib/format.ts';
import styles from './file-field.module.css';
import { readKeyFile } from './read-key-file.ts';

interface Props {
  field: CredentialField;
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
  help: React.ReactNode;
}

/** A key file: dropped, chosen or pasted. Its content stays in the page until it is saved, and is not shown. */
export function FileField({ field, value, onChange, error, help }: Props) {
  const [chosen, setChosen] = useState<{ name: string; sizeBytes: number } | null>(null);
  const [isPasting, setPasting] = useState(false);
  const [refusal, setRefusal] = useState<string>();
  const [isOver, setOver] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const labelId = useId();
  // Emptied from outside, as after saving.
  useEffect(() => {
    if (value === '') setChosen(null);
  }, [value]);

  useDropsBesideIgnored();

  const take = async (file: File | undefined) => {
    if (file === undefined) return;
    const read = await readKeyFile(file);
    setRefusal(read.kind === 'refused' ? read.message : undefined);
    setChosen(read.kind === 'read' ? read : null);
    setPasting(false);
    onChange(read.kind === 'read' ? read.value : '');
  };
  const drop = (event: React.DragEvent) => {
    event.preventDefault();
    setOver(false);
    void take(event.dataTransfer.files[0]);
  };

  return (
    <Input.Wrapper
      label={field.label}
      labelElement="div"
      labelProps={{ id: labelId }}
      description={help}
      error={refusal ?? error}
      errorProps={{ role: 'alert' }}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: dropping is a second way; the button does the same */}
      <div
        className={styles.zone}
        data-over={isOver || undefined}
        data-chosen={chosen !== null || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={drop}
      >
        {chosen === null ? (
          <>
            <IconFileUpload size={18} aria-hidden />
            <span className={styles.words}>Drop the file here</span>
          </>
        ) : (
          <>
            <IconFileCheck size={18} aria-hidden />
            <span className={styles.words}>
              <strong>{chosen.name}</strong>{' '}
              <span className={`k-2 ${styles.size}`}>{fileSize(chosen.sizeBytes)}</span>
            </span>
          </>
        )}
        <span className={styles.buttons}>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => input.current?.click()}
            aria-describedby={labelId}
          >
            {chosen === null ? 'Choose file' : 'Choose another'}
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setPasting(!isPasting);
              if (!isPasting) {
                setChosen(null);
                setRefusal(undefined);
                onChange('');
              }
            }}
            aria-expanded={isPasting}
          >
            Paste instead
          </Button>
        </span>
        <input
          ref={input}
          type="file"
          className={styles.hidden}
          tabIndex={-1}
          aria-label={`${field.label}: file`}
          onChange={(event) => {
            void take(event.currentTarget.files?.[0]);
            event.currentTarget.value = '';
          }}
        />
      </div>
      {isPasting && (
        <Textarea
          mt={8}
          rows={5}
          className={styles.paste}
          aria-labelledby={labelId}
          placeholder={field.example ?? undefined}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
          autoFocus
        />
      )}
    </Input.Wrapper>
  );
}

/** A key file dropped beside the field is no page to go to: browsers would leave this one and show it. */
function useDropsBesideIgnored(): void {
  useEffect(() => {
    const ignore = (event: DragEvent) => event.preventDefault();
    addEventListener('dragover', ignore);
    addEventListener('drop', ignore);
    return () => {
      removeEventListener('dragover', ignore);
      removeEventListener('drop', ignore);
    };
  }, []);
}
