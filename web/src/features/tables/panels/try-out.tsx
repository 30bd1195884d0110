import type { Table } from '@keyrail/contract/tables';
import type { Tryout } from '@keyrail/sdk/shapes';
import { Button, NumberInput } from '@mantine/core';
import { IconPlayerPlay } from '@tabler/icons-react';
import { useEffect, useRef, useState } from 'react';
import { api } from '../../../lib/api.ts';
import { allSaved } from '../../../lib/unsaved.ts';
import { Failed } from '../../../ui/notice.tsx';
import type { RowWindow } from '../grid/row-window.ts';
import { type ActionDraft, toColumnAction } from './action-draft.ts';
import { CellOutcome } from './cell-outcome.tsx';
import styles from './panels.module.css';

interface Props {
  draft: ActionDraft;
  table: Table;
  rows: RowWindow;
  isReady: boolean;
}

/** Makes the real call for one row and shows what comes back; nothing is saved. */
export function TryOut({ draft, table, rows, isReady }: Props) {
  const [row, setRow] = useState(1);
  const [outcome, setOutcome] = useState<Tryout | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const part = useRef<HTMLDivElement>(null);
  // It stands at the foot of a long form: without this the answer comes out of sight.
  useEffect(() => {
    if (outcome !== null || error !== null) part.current?.scrollIntoView({ block: 'end' });
  }, [outcome, error]);

  const run = async () => {
    setBusy(true);
    setError(null);
    setOutcome(null);
    try {
      // It is tried on what is seen.
      await allSaved();
      const [found] = await rows.read(row - 1, row - 1);
      if (found === undefined) return;
      // Outputs are not written anywhere by a try, so new columns need not be there yet.
      const action = toColumnAction({ ...draft, outputs: {} });
      setOutcome(await api.tables.tryout(table.id, { action, row_id: found.id }));
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };

  if (table.row_count === 0) return null;
  return (
    <div className={styles.part} ref={part}>
      <h3>Try on one row</h3>
      <div className={styles.big}>
        <NumberInput
          aria-label="Row to try"
          prefix="Row "
          value={row}
          onChange={(value) => setRow(Math.max(1, Math.min(table.row_count, Number(value) || 1)))}
          min={1}
          max={table.row_count}
          size="xs"
          w={120}
        />
        <Button
          variant="default"
          leftSection={<IconPlayerPlay size={14} />}
          onClick={run}
          loading={isBusy}
          disabled={!isReady}
        >
          Try on one row
        </Button>
      </div>
      <p className="k-2 k-small">{draft.action.cost_note ?? 'Makes one real call.'}</p>
      {error !== null && <Failed error={error} />}
      {outcome !== null && (
        <CellOutcome cell={outcome} integration={draft.integration} action={draft.action} />
      )}
    </div>
  );
}
