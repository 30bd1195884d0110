import type { ImportResult, Table } from '@keyrail/contract/tables';
import { Modal } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { ChooseFile } from './choose-file.tsx';
import { ImportDone } from './import-done.tsx';
import { MapColumns } from './map-columns.tsx';

interface Props {
  onClose: () => void;
  /** Into this table; a new one when left out. */
  table?: Table;
  /** Begin with this file, such as the sample. */
  file?: File;
  onImported?: () => void;
}

/** From a file to rows: choose, look and map, upload, and hear what did not fit. */
export default function ImportPopup({ onClose, table, file: given, onImported }: Props) {
  const [file, setFile] = useState<File | null>(given ?? null);
  const [done, setDone] = useState<{ tableId: string; result: ImportResult } | null>(null);
  const [isBusy, setBusy] = useState(false);
  const client = useQueryClient();
  const navigate = useNavigate();

  const finished = (tableId: string, result: ImportResult) => {
    setBusy(false);
    setDone({ tableId, result });
    void client.invalidateQueries({ queryKey: ['tables'] });
    void client.invalidateQueries({ queryKey: ['table', tableId] });
    onImported?.();
  };
  const open = (tableId: string) => {
    onClose();
    if (table === undefined) void navigate({ to: '/tables/$tableId', params: { tableId } });
  };
  const into = table === undefined ? 'Import CSV' : `Import CSV into ${table.name}`;

  return (
    <Modal
      opened
      onClose={onClose}
      title={done === null ? into : 'Import finished'}
      size={file === null || done !== null ? 520 : 880}
      closeOnClickOutside={!isBusy && file === null}
      closeOnEscape={!isBusy}
      withCloseButton={!isBusy}
    >
      {done !== null ? (
        <ImportDone
          result={done.result}
          fileName={file?.name ?? ''}
          onOpen={() => open(done.tableId)}
          isNew={table === undefined}
        />
      ) : file === null ? (
        <ChooseFile onChoose={setFile} />
      ) : (
        <MapColumns
          file={file}
          table={table}
          onBack={() => setFile(null)}
          onBusy={setBusy}
          onDone={finished}
        />
      )}
    </Modal>
  );
}
