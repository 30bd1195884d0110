import { type RawBuilder, sql } from 'kysely';
import type { Action } from '../../catalog/definition/action-definition.ts';
import { queries } from '../../db/open.ts';
import type { Tx } from '../../lib/tx.ts';
import type { Plan } from '../plan.ts';
import { type Scope, scopeCondition, scopedRows } from './scope-sql.ts';

interface Asked {
  workspaceId: string;
  tableId: string;
  columnId: string;
  scope: Scope;
  plan: Plan;
  action: Pick<Action, 'inputs' | 'needs'>;
}

/** How many rows a run would take, and in how many of them all the action needs is filled. Changes nothing. */
export async function countRows(tx: Tx, asked: Asked): Promise<{ rows: number; filled: number }> {
  const { workspaceId, columnId } = asked;
  const { rows } = await sql<{ rows: number; filled: number }>`
    select count(*)::int as rows, (count(*) filter (where ${isFilled(asked)}))::int as filled
    from ${scopedRows(workspaceId, asked.tableId, asked.scope)} r
    left join action_cells c on c.workspace_id = ${workspaceId} and c.column_id = ${columnId} and c.row_id = r.id
    where c.state is distinct from 'running' and ${scopeCondition(asked.scope.scope)}`.execute(queries(tx));
  return rows[0] ?? { rows: 0, filled: 0 };
}

function isFilled({ action, plan, workspaceId }: Asked): RawBuilder<unknown> {
  const given = (name: string): RawBuilder<unknown> => {
    const input = action.inputs.find((one) => one.name === name);
    if (plan.constants[name] !== undefined || input?.default !== undefined) return sql`true`;
    const place = plan.places[plan.names.indexOf(name)];
    if (place === undefined) return sql`false`;
    if (place.kind === 'value') return sql`coalesce(r.values ->> ${String(place.key)}::text ~ '\\S', false)`;
    return sql`exists (select from action_cells other where other.workspace_id = ${workspaceId}
      and other.column_id = ${place.columnId} and other.row_id = r.id and other.value is not null)`;
  };
  const all = (names: readonly string[]) => sql`(${sql.join(names.map(given), sql` and `)})`;
  const required = action.inputs.filter((input) => input.required).map((input) => given(input.name));
  const lines = action.needs.map(
    (line) =>
      sql`(${sql.join(
        line.map((one) => all([one].flat())),
        sql` or `,
      )})`,
  );
  const wanted = [...required, ...lines];
  return wanted.length === 0 ? sql`true` : sql.join(wanted, sql` and `);
}
