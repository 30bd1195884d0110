import type { Table } from '@keyrail/contract/tables';
import { useQueries } from '@tanstack/react-query';
import { integrationQuery } from '../../../lib/queries.ts';

/** The ids of the action columns of a table that find an email address, as far as their tools are known already. */
export function useEmailColumns(table: Table): ReadonlySet<string> {
  const slugs = new Set(table.columns.flatMap(({ action }) => (action === null ? [] : [action.integration])));
  const tools = useQueries({ queries: [...slugs].map((slug) => integrationQuery(slug)) });
  const finders = new Set(
    tools.flatMap(({ data }) =>
      (data?.actions ?? [])
        .filter(({ outputs }) => outputs.some(({ is_primary, type }) => is_primary && type === 'email'))
        .map(({ name }) => `${data?.slug} ${name}`),
    ),
  );
  return new Set(
    table.columns
      .filter(({ action }) => action !== null && finders.has(`${action.integration} ${action.action}`))
      .map(({ id }) => id),
  );
}
