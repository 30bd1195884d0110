import type { ImportPreview, ImportResult, Table } from '@keyrail/contract/tables';
import type { CsvColumnPlanInput, PreviewQuery } from '@keyrail/sdk/shapes';
import { Button, NativeSelect, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../lib/api.ts';
import { count, fileSize } from '../../../lib/format.ts';
import { Failed, Notice } from '../../../ui/notice.tsx';
import { SkeletonRows } from '../../../ui/skeleton.tsx';
import { ColumnPlans } from './column-plans.tsx';
import styles from './import.module.css';
import { Progress } from './progress.tsx';
import { useImport } from './use-import.ts';

/** The server reads the first part of the file to say what it is. */
const previewBytes = 1_000_000;

interface Props {
  file: File;
  table: Table | undefined;
  onBack: () => void;
  onBusy: (isBusy: boolean) => void;
  onDone: (tableId: string, result: ImportResult) => void;
}

/** What the file looks like, and where each of its columns goes. */
export function MapColumns({ file, table, onBack, onBusy, onDone }: Props) {
  const [options, setOptions] = useState<PreviewQuery>({});
  const preview = useQuery({
    queryKey: ['import-preview', file.name, file.size, file.lastModified, table?.id, options],
    queryFn: () =>
      api.tables.previewImport(file.slice(0, previewBytes), {
        ...options,
        ...(table && { table_id: table.id }),
      }),
    placeholderData: keepPreviousData,
    gcTime: 0,
    retry: false,
  });
  if (preview.isPending) return <SkeletonRows rows={5} height={44} />;
  if (preview.isError) {
    return (
      <div className={styles.stack}>
        <Failed
          error={preview.error}
          what={`${file.name} could not be read.`}
          retry={() => void preview.refetch()}
        />
        <div className={styles.foot}>
          <Button variant="default" onClick={onBack}>
            Choose another file
          </Button>
        </div>
      </div>
    );
  }
  return (
    <Mapping
      // The server's suggestion changes with how the file is read.
      key={JSON.stringify(preview.data.columns.map((column) => column.header))}
      {...{ file, table, onBack, onBusy, onDone, options, setOptions }}
      preview={preview.data}
    />
  );
}

interface MappingProps extends Props {
  preview: ImportPreview;
  options: PreviewQuery;
  setOptions: (options: PreviewQuery) => void;
}

function Mapping({ file, table, preview, options, setOptions, onBack, onBusy, onDone }: MappingProps) {
  const [name, setName] = useState(() => file.name.replace(/\.(csv|tsv|txt)$/i, ''));
  const [plans, setPlans] = useState<CsvColumnPlanInput[]>(() =>
    preview.columns.map((column) => column.plan),
  );
  const [upsertBy, setUpsertBy] = useState('');
  const upload = useImport({ file, table, onBusy, onDone });
  const taken = plans.filter((plan) => plan.to !== 'skip').length;
  const isEdited = JSON.stringify(plans) !== JSON.stringify(preview.columns.map((column) => column.plan));

  const submit = (event: React.FormEvent) => {
    event.preventDefault();
    void upload.start(name.trim(), {
      ...options,
      ...(isEdited && { plan: JSON.stringify(plans) }),
      ...(upsertBy !== '' && { upsert_by: upsertBy }),
    });
  };

  if (upload.progress !== null) return <Progress {...upload.progress} onStop={upload.stop} />;
  return (
    <form onSubmit={submit} className={styles.stack}>
      {table === undefined && (
        <TextInput
          label="Table name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          maxLength={200}
          required
          withAsterisk={false}
          data-autofocus
        />
      )}
      <Reading preview={preview} options={options} setOptions={setOptions} size={fileSize(file.size)} />
      {preview.notes.length > 0 && (
        <Notice tone="grey" title={preview.notes[0]}>
          {preview.notes.slice(1).map((note) => (
            <p key={note}>{note}</p>
          ))}
        </Notice>
      )}
      <ColumnPlans columns={preview.columns} plans={plans} onChange={setPlans} table={table} />
      {table !== undefined && table.row_count > 0 && (
        <NativeSelect
          label="Rows that are there already"
          description="A row whose value in this column exists is changed instead of added."
          value={upsertBy}
          onChange={(event) => setUpsertBy(event.currentTarget.value)}
          data={[
            { value: '', label: 'Add all as new rows' },
            ...table.columns
              .filter((column) => column.type !== 'action')
              .map((column) => ({ value: column.id, label: `Same ${column.name}: change the row` })),
          ]}
        />
      )}
      {upload.error !== null && <Failed error={upload.error} what="Nothing was imported." />}
      <div className={styles.foot}>
        <span className="k-2">{count(taken, 'column')} taken</span>
        <Button variant="default" onClick={onBack}>
          Choose another file
        </Button>
        <Button type="submit" disabled={taken === 0 || (table === undefined && name.trim() === '')}>
          Import
        </Button>
      </div>
    </form>
  );
}

interface ReadingProps {
  preview: ImportPreview;
  options: PreviewQuery;
  setOptions: (options: PreviewQuery) => void;
  size: string;
}

const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'];
const delimiters = ['comma', 'semicolon', 'tab', 'pipe'];

/** How the file is read: as detected, until somebody says otherwise. */
function Reading({ preview, options, setOptions, size }: ReadingProps) {
  return (
    <div className={styles.reading}>
      <NativeSelect
        label="Encoding"
        value={options.encoding ?? 'auto'}
        onChange={(event) => setOptions({ ...options, encoding: event.currentTarget.value as never })}
        data={[{ value: 'auto', label: `Detected: ${preview.encoding}` }, ...encodings]}
      />
      <NativeSelect
        label="Separated by"
        value={options.delimiter ?? 'auto'}
        onChange={(event) => setOptions({ ...options, delimiter: event.currentTarget.value as never })}
        data={[{ value: 'auto', label: `Detected: ${preview.delimiter}` }, ...delimiters]}
      />
      <NativeSelect
        label="First line"
        value={options.has_header ?? 'auto'}
        onChange={(event) => setOptions({ ...options, has_header: event.currentTarget.value as never })}
        data={[
          { value: 'auto', label: `Detected: ${preview.has_header ? 'names' : 'a row'}` },
          { value: 'true', label: 'names of columns' },
          { value: 'false', label: 'a row like the others' },
        ]}
      />
      <span className={styles.size}>{size}</span>
    </div>
  );
}
