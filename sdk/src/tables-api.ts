import type { Page } from '@keyrail/contract/page';
import type {
  CellDetail,
  Column,
  ImportPreview,
  ImportResult,
  Row,
  Table,
  TableSummary,
} from '@keyrail/contract/tables';
import type { Request } from './request.ts';
import type {
  CreateColumn,
  CreateRows,
  CreateTable,
  CreateTryout,
  ImportQuery,
  PreviewQuery,
  RowsQuery,
  Tryout,
  UpdateColumn,
  UpdateRows,
} from './shapes.ts';

/** Tables, their columns, rows and cells; CSV in and out. */
export function tablesApi(request: Request) {
  const at = (table: string, rest = '') => `/v1/tables/${encodeURIComponent(table)}${rest}`;
  return {
    tables: {
      list: (query: { limit?: number; cursor?: string } = {}) =>
        request<Page<TableSummary>>('GET', '/v1/tables', { query }),
      get: (table: string) => request<Table>('GET', at(table)),
      create: (body: CreateTable) => request<Table>('POST', '/v1/tables', { body }),
      rename: (table: string, name: string) => request<Table>('PATCH', at(table), { body: { name } }),
      remove: (table: string) => request<void>('DELETE', at(table)),
      tryout: (table: string, body: CreateTryout) => request<Tryout>('POST', at(table, '/tryouts'), { body }),
      /** `part`: the beginning of the file, at most 1 MB. */
      previewImport: (part: string | Blob, query: PreviewQuery = {}) =>
        request<ImportPreview>('POST', '/v1/imports/preview', {
          query,
          raw: { type: 'text/csv', content: part },
        }),
      import: (table: string, content: string | Blob, query: ImportQuery = {}) =>
        request<ImportResult>('POST', at(table, '/import'), { query, raw: { type: 'text/csv', content } }),
      importPath: (table: string) => at(table, '/import'),
      exportPath: (table: string) => at(table, '/export'),
    },
    columns: {
      create: (table: string, body: CreateColumn) => request<Column>('POST', at(table, '/columns'), { body }),
      update: (table: string, column: string, body: UpdateColumn) =>
        request<Column>('PATCH', at(table, `/columns/${column}`), { body }),
      remove: (table: string, column: string) => request<void>('DELETE', at(table, `/columns/${column}`)),
    },
    rows: {
      list: (table: string, query: RowsQuery = {}, signal?: AbortSignal) =>
        request<Page<Row>>('GET', at(table, '/rows'), {
          query: query as Record<string, string | number | undefined>,
          ...(signal && { signal }),
        }),
      create: (table: string, body: CreateRows) =>
        request<{ data: Row[] }>('POST', at(table, '/rows'), { body }),
      update: (table: string, body: UpdateRows, signal?: AbortSignal) =>
        request<{ data: Row[] }>('PATCH', at(table, '/rows'), { body, ...(signal && { signal }) }),
      remove: (table: string, ids: string[]) =>
        request<void>('DELETE', at(table, '/rows'), { body: { ids } }),
      cell: (table: string, row: string, column: string) =>
        request<CellDetail>('GET', at(table, `/rows/${row}/cells/${column}`)),
    },
  };
}
