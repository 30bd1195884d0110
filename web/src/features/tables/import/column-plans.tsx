import type { ImportPreview, Table, ValueType } from '@keyrail/contract/tables';
import type { CsvColumnPlanInput } from '@keyrail/sdk/shapes';
import { typeWords } from '../../../lib/words.ts';
import { valueTypes } from '../value-types.ts';
import styles from './import.module.css';

interface Props {
  columns: ImportPreview['columns'];
  plans: CsvColumnPlanInput[];
  onChange: (plans: CsvColumnPlanInput[]) => void;
  table: Table | undefined;
}

/** One line per column of the file. Plain form fields, as a file may have a thousand. */
export function ColumnPlans({ columns, plans, onChange, table }: Props) {
  const change = (at: number, plan: CsvColumnPlanInput) =>
    onChange(plans.map((before, index) => (index === at ? plan : before)));
  return (
    <div className={styles.plans}>
      <table>
        <thead>
          <tr>
            <th scope="col">In the file</th>
            <th scope="col">First values</th>
            <th scope="col">Goes to</th>
            <th scope="col">Type</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column, at) => {
            const plan = plans[at] ?? column.plan;
            return (
              // biome-ignore lint/suspicious/noArrayIndexKey: the place in the file is what a column is known by
              <tr key={at} data-skipped={plan.to === 'skip' || undefined}>
                <td className={styles.header}>{column.header === '' ? <i>no name</i> : column.header}</td>
                <td className={styles.samples}>{column.samples.slice(0, 3).join(' · ')}</td>
                <td>
                  <Target column={column} plan={plan} table={table} onChange={(next) => change(at, next)} />
                </td>
                <td>
                  {plan.to === 'new' ? (
                    <select
                      className={styles.select}
                      aria-label={`Type of ${column.name}`}
                      value={plan.type}
                      onChange={(event) =>
                        change(at, { ...plan, type: event.currentTarget.value as ValueType })
                      }
                    >
                      {valueTypes.map((type) => (
                        <option key={type} value={type}>
                          {typeWords[type]}
                        </option>
                      ))}
                    </select>
                  ) : (
                    <span className="k-2">{plan.to === 'column' ? typeOf(table, plan.column_id) : ''}</span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface TargetProps {
  column: ImportPreview['columns'][number];
  plan: CsvColumnPlanInput;
  table: Table | undefined;
  onChange: (plan: CsvColumnPlanInput) => void;
}

function Target({ column, plan, table, onChange }: TargetProps) {
  const choose = (value: string) => {
    if (value === 'skip') onChange({ to: 'skip' });
    else if (value === 'new') onChange({ to: 'new', name: column.name, type: column.type });
    else onChange({ to: 'column', column_id: value as never });
  };
  return (
    <select
      className={styles.select}
      aria-label={`Where ${column.name} goes`}
      value={plan.to === 'column' ? plan.column_id : plan.to}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      <option value="new">New column “{column.name}”</option>
      {table?.columns
        .filter((existing) => existing.type !== 'action')
        .map((existing) => (
          <option key={existing.id} value={existing.id}>
            {existing.name}
          </option>
        ))}
      <option value="skip">Leave out</option>
    </select>
  );
}

function typeOf(table: Table | undefined, columnId: string): string {
  const column = table?.columns.find((one) => one.id === columnId);
  return column === undefined ? '' : typeWords[column.type];
}
