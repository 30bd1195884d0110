import type { Page } from '@keyrail/contract/page';
import type { Run } from '@keyrail/contract/runs';
import type { Request } from './request.ts';
import type { CreateRun, RunEstimate } from './shapes.ts';

/** Runs: one execution of an action column over a set of rows. */
export function runsApi(request: Request) {
  const at = (table: string, column: string, rest: string) =>
    `/v1/tables/${encodeURIComponent(table)}/columns/${encodeURIComponent(column)}${rest}`;
  return {
    runs: {
      list: (query: { table_id?: string; limit?: number; cursor?: string } = {}) =>
        request<Page<Run>>('GET', '/v1/runs', { query }),
      estimate: (table: string, column: string, body: CreateRun) =>
        request<RunEstimate>('POST', at(table, column, '/estimate'), { body }),
      start: (table: string, column: string, body: CreateRun) =>
        request<Run>('POST', at(table, column, '/runs'), { body }),
      get: (id: string) => request<Run>('GET', `/v1/runs/${id}`),
      pause: (id: string) => request<Run>('POST', `/v1/runs/${id}/pause`),
      resume: (id: string) => request<Run>('POST', `/v1/runs/${id}/resume`),
      cancel: (id: string) => request<Run>('POST', `/v1/runs/${id}/cancel`),
      eventsPath: (id: string) => `/v1/runs/${id}/events`,
    },
  };
}
