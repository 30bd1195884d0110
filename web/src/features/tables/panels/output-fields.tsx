import type { Column, Table } from '@keyrail/contract/tables';
import type { ActionDraft, OutputTarget } from './action-draft.ts';
import styles from './panels.module.css';

interface Props {
  draft: ActionDraft;
  table: Table;
  column: Column | undefined;
  onChange: (outputs: Record<string, OutputTarget>) => void;
}

/** The main value stands in the action column itself; others may go to columns of their own. */
export function OutputFields({ draft, table, onChange }: Props) {
  const primary = draft.action.outputs.find((output) => output.is_primary);
  const others = draft.action.outputs.filter((output) => !output.is_primary);
  const targets = table.columns.filter((one) => one.type !== 'action');
  if (others.length === 0) return null;
  return (
    <div className={styles.part}>
      <h3>Outputs</h3>
      <p className="k-2 k-small">
        {primary?.label ?? 'The result'} stands in the column itself. Keep more of the answer:
      </p>
      {others.map((output) => (
        <div key={output.name} className={styles.input}>
          <label className={styles.inputLabel} htmlFor={`output-${output.name}`}>
            {output.label}
          </label>
          <select
            id={`output-${output.name}`}
            className={styles.select}
            value={draft.outputs[output.name] ?? 'none'}
            onChange={(event) => onChange({ ...draft.outputs, [output.name]: event.currentTarget.value })}
          >
            <option value="none">Not kept in a column</option>
            <option value="new">New column “{output.label}”</option>
            {targets.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        </div>
      ))}
    </div>
  );
}
