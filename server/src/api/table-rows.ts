import { tableId } from '@keyrail/contract/ids';
import { pageOf } from '@keyrail/contract/page';
import { createRows, deleteRows, row, rowsQuery, updateRows } from '@keyrail/contract/tables';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { RowWithCells } from '../tables/change-rows.ts';
import type { Tables } from '../tables/tables.ts';
import { pageFrom } from './page.ts';
import { presentRow } from './present-table.ts';
import type { App } from './route.ts';

export type RowRoutesDeps = Pick<Tables, 'listRows' | 'createRows' | 'updateRows' | 'deleteRows'>;

const one = z.object({ id: tableId });
const rows = z.object({ data: z.array(row) });
const changing = { policy: { role: 'editor', scope: 'tables:write' } } as const;
const tags = ['Tables'];

/** `/v1/tables/{id}/rows`: values by column id, and the cells of action columns. */
export function rowRoutes(app: App, tables: RowRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tables/:id/rows',
    config: { policy: { role: 'viewer', scope: 'tables:read' } },
    schema: {
      tags,
      summary: 'List rows, in their order',
      params: one,
      querystring: rowsQuery,
      response: { 200: pageOf(row) },
    },
    handler: (request) => {
      const { cursor, offset } = request.query;
      if (cursor !== undefined && offset !== undefined) throw eitherOr();
      return pageFrom(
        request.query,
        z.int(),
        (page) => tables.listRows(request.who, request.params.id, { ...page, offset }),
        (item: RowWithCells) => item.position,
        presentRow,
      );
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/tables/:id/rows',
    config: changing,
    schema: {
      tags,
      summary: 'Add rows at the end',
      description: 'All of them or none: a value that its column does not take is named in `fields`.',
      params: one,
      body: createRows,
      response: { 201: rows },
    },
    handler: async (request, reply) => {
      const made = await tables.createRows(request.who, request.params.id, request.body.rows);
      return reply.code(201).send({ data: made.map(presentRow) });
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/tables/:id/rows',
    config: changing,
    schema: {
      tags,
      summary: 'Change values of rows',
      description:
        'Null empties a value, what is not named stays. All rows or none. Cells that took a changed value become `stale`.',
      params: one,
      body: updateRows,
      response: { 200: rows },
    },
    handler: async (request) => {
      const changed = await tables.updateRows(request.who, request.params.id, request.body.rows);
      return { data: changed.map(presentRow) };
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/tables/:id/rows',
    config: changing,
    schema: { tags, summary: 'Delete rows', params: one, body: deleteRows, response: { 204: z.void() } },
    handler: async (request, reply) => {
      await tables.deleteRows(request.who, request.params.id, request.body.ids);
      return reply.code(204).send();
    },
  });
}

function eitherOr(): AppError {
  return new AppError('invalid_input', {
    detail: 'Say either cursor or offset.',
    fields: [{ path: 'offset', message: 'Not together with cursor.' }],
  });
}
