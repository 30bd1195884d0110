import type { ImportResult, Table } from '@keyrail/contract/tables';
import type { ImportQuery } from '@keyrail/sdk/shapes';
import { useRef, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { isStopped, uploadCsv } from '../../../lib/upload.ts';

interface Deps {
  file: File;
  table: Table | undefined;
  onBusy: (isBusy: boolean) => void;
  onDone: (tableId: string, result: ImportResult) => void;
}

export interface Sent {
  sent: number;
  total: number;
}

/** Uploads the file; a table made for it goes again if nothing came of it. */
export function useImport({ file, table, onBusy, onDone }: Deps) {
  const [progress, setProgress] = useState<Sent | null>(null);
  const [error, setError] = useState<unknown>(null);
  const stopping = useRef<AbortController | null>(null);

  const start = async (name: string, query: ImportQuery) => {
    const stop = new AbortController();
    stopping.current = stop;
    setError(null);
    setProgress({ sent: 0, total: file.size });
    onBusy(true);
    let made: Table | undefined;
    try {
      made = table === undefined ? await api.tables.create({ name }) : undefined;
      const tableId = table?.id ?? made?.id ?? '';
      const result = await uploadCsv({
        path: api.tables.importPath(tableId),
        query: query as Record<string, string>,
        content: file,
        onProgress: (sent) => setProgress({ sent, total: file.size }),
        signal: stop.signal,
      });
      onDone(tableId, result);
    } catch (cause) {
      if (made !== undefined) await api.tables.remove(made.id).catch(() => {});
      setProgress(null);
      onBusy(false);
      if (!isStopped(cause)) setError(cause);
    }
  };

  return { start, stop: () => stopping.current?.abort(), progress, error };
}
