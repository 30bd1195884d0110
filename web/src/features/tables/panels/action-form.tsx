import type { Integration } from '@keyrail/contract/integrations';
import type { Column } from '@keyrail/contract/tables';
import { Button, TextInput } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../../../lib/api.ts';
import { choicesQuery } from '../../../lib/people-queries.ts';
import { toastDone } from '../../../lib/toast.tsx';
import { actionTags, statusWords } from '../../../lib/words.ts';
import { IntegrationIcon } from '../../../ui/integration-icon.tsx';
import { Failed } from '../../../ui/notice.tsx';
import { type ActionDraft, freeName, missingIn, toColumnAction, waysIn } from './action-draft.ts';
import { NotConnected } from './choose-action.tsx';
import { type DockProps, Panel } from './dock.tsx';
import { EnoughInputs } from './enough-inputs.tsx';
import { InputFields } from './input-fields.tsx';
import { OutputFields } from './output-fields.tsx';
import styles from './panels.module.css';
import { TryOut } from './try-out.tsx';

interface Props extends DockProps {
  tool: Integration;
  column: Column | undefined;
  initial: ActionDraft;
  onBack: (() => void) | undefined;
}

/** Name, connection, inputs, outputs, and a try on one row. */
export function ActionForm({ tool, column, initial, onBack, table, rows, onDock, onChanged }: Props) {
  const [draft, setDraft] = useState(initial);
  const [error, setError] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const change = (part: Partial<ActionDraft>) => setDraft({ ...draft, ...part });
  const missing = missingIn(draft);

  const save = async () => {
    setBusy(true);
    setError(null);
    try {
      const made = await makeOutputColumns(draft, table.id, table.columns);
      const action = toColumnAction(draft, made);
      const saved =
        column === undefined
          ? await api.columns.create(table.id, { name: draft.name.trim(), type: 'action', action })
          : await api.columns.update(table.id, column.id, { name: draft.name.trim(), action });
      onChanged();
      if (column === undefined) onDock({ kind: 'start', columnId: saved.id });
      else {
        toastDone('Saved.');
        onDock(null);
      }
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  };

  return (
    <Panel
      step="form"
      title={column?.name ?? 'Add action'}
      about={`${tool.name} · ${draft.action.label}`}
      onClose={() => onDock(null)}
      foot={
        <>
          {missing !== null && <span className={`k-2 k-small ${styles.grow}`}>{missing}</span>}
          <Button onClick={save} loading={isBusy} disabled={missing !== null || draft.name.trim() === ''}>
            {column === undefined ? 'Add column' : 'Save'}
          </Button>
        </>
      }
    >
      <div className={styles.stack}>
        {onBack && (
          <div>
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              leftSection={<IconArrowLeft size={14} />}
              onClick={onBack}
            >
              Other actions
            </Button>
          </div>
        )}
        <div className={styles.chosen}>
          <IntegrationIcon icon={tool.icon} size={28} />
          <span className={styles.toolText}>
            {draft.action.label}
            <span>{draft.action.description}</span>
            <span>{costWords(draft.action)}</span>
          </span>
        </div>
        <TextInput
          label="Column name"
          value={draft.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
          maxLength={200}
        />
        <Connection tool={tool} draft={draft} onChange={change} />
        <div className={styles.part}>
          <h3>Inputs</h3>
          {draft.action.one_of.length > 0 && <EnoughInputs ways={waysIn(draft)} isReady={missing === null} />}
          <InputFields
            action={draft.action}
            inputs={draft.inputs}
            columns={table.columns.filter((one) => one.id !== column?.id)}
            onChange={(inputs) => change({ inputs })}
          />
        </div>
        <OutputFields
          draft={draft}
          table={table}
          column={column}
          onChange={(outputs) => change({ outputs })}
        />
        <TryOut draft={draft} table={table} rows={rows} isReady={missing === null} />
        {error !== null && <Failed error={error} what="The column was not saved." />}
      </div>
    </Panel>
  );
}

/** What each row costs and whether its answer takes time, before any is run. */
function costWords(action: ActionDraft['action']): string {
  const said = action.cost_note === null ? actionTags(action) : [action.cost_note];
  return said.join(' · ');
}

interface ConnectionProps {
  tool: Integration;
  draft: ActionDraft;
  onChange: (part: Partial<ActionDraft>) => void;
}

function Connection({ tool, draft, onChange }: ConnectionProps) {
  const connections = useQuery(choicesQuery(tool.slug));
  const all = connections.data ?? [];
  const standard = all.find((one) => one.is_default);
  if (connections.data !== undefined && all.length === 0) return <NotConnected tool={tool} />;
  return (
    <div className={styles.input}>
      <label className={styles.inputLabel} htmlFor="action-connection">
        Connection
      </label>
      <select
        id="action-connection"
        className={styles.select}
        value={draft.connectionId ?? ''}
        onChange={(event) => onChange({ connectionId: event.currentTarget.value || null })}
      >
        <option value="">The default{standard === undefined ? '' : ` (now ${standard.name})`}</option>
        {all.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
            {one.status === 'connected' ? '' : ` – ${statusWords[one.status].words}`}
          </option>
        ))}
      </select>
    </div>
  );
}

/** Makes the columns that outputs want; answers with their ids by output. */
async function makeOutputColumns(
  draft: ActionDraft,
  tableId: string,
  columns: readonly Column[],
): Promise<Record<string, string>> {
  const made: Record<string, string> = {};
  for (const [name, target] of Object.entries(draft.outputs)) {
    const output = draft.action.outputs.find((one) => one.name === name);
    if (target !== 'new' || output === undefined) continue;
    const wanted = freeName(output.label, columns);
    made[name] = (await api.columns.create(tableId, { name: wanted, type: output.type })).id;
  }
  return made;
}
