import { columnId, tableId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import {
  column,
  createColumn,
  createTable,
  table,
  tableSummary,
  updateColumn,
  updateTable,
} from '@keyrail/contract/tables';
import { z } from 'zod';
import type { ListedTable } from '../tables/manage-table.ts';
import type { Tables } from '../tables/tables.ts';
import { expectedVersion, setVersion } from './etag.ts';
import { pageFrom } from './page.ts';
import { presentColumn, presentSummary, presentTable } from './present-table.ts';
import type { App } from './route.ts';

export type TableRoutesDeps = Pick<
  Tables,
  'create' | 'list' | 'get' | 'rename' | 'remove' | 'createColumn' | 'changeColumn' | 'deleteColumn'
>;

const one = z.object({ id: tableId });
const oneColumn = z.object({ id: tableId, column_id: columnId });
const reading = { policy: { role: 'viewer', scope: 'tables:read' } } as const;
const changing = { policy: { role: 'editor', scope: 'tables:write' } } as const;
const tags = ['Tables'];

/** `/v1/tables` and their columns. A table's version is raised by every change of it or its columns. */
export function tableRoutes(app: App, tables: TableRoutesDeps): void {
  readRoutes(app, tables);
  changeRoutes(app, tables);
  columnRoutes(app, tables);
}

function readRoutes(app: App, tables: TableRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tables',
    config: reading,
    schema: {
      tags,
      summary: 'List tables, newest first',
      querystring: pageQuery,
      response: { 200: pageOf(tableSummary) },
    },
    handler: (request) =>
      pageFrom(
        request.query,
        tableId,
        (page) => tables.list(request.who, page),
        (item: ListedTable) => item.id as z.infer<typeof tableId>,
        presentSummary,
      ),
  });

  app.route({
    method: 'GET',
    url: '/v1/tables/:id',
    config: reading,
    schema: { tags, summary: 'Read a table and its columns', params: one, response: { 200: table } },
    handler: async (request, reply) => {
      const found = await tables.get(request.who, request.params.id);
      setVersion(reply, found.table.version);
      return presentTable(found);
    },
  });
}

function changeRoutes(app: App, tables: TableRoutesDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tables',
    config: changing,
    schema: { tags, summary: 'Make a table', body: createTable, response: { 201: table } },
    handler: async (request, reply) => {
      const made = await tables.create(request.who, request.body);
      setVersion(reply, made.table.version);
      return reply.code(201).send(presentTable(made));
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/tables/:id',
    config: changing,
    schema: { tags, summary: 'Rename a table', params: one, body: updateTable, response: { 200: table } },
    handler: async (request, reply) => {
      const version = expectedVersion(request);
      const renamed = await tables.rename(request.who, request.params.id, request.body.name, version);
      setVersion(reply, renamed.table.version);
      return presentTable(renamed);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/tables/:id',
    config: changing,
    schema: {
      tags,
      summary: 'Delete a table with its rows',
      description:
        '409 `conflict` while a run in it is not over (`run_active`) or a file comes in (`import_active`).',
      params: one,
      response: { 204: z.void() },
    },
    handler: async (request, reply) => {
      await tables.remove(request.who, request.params.id, expectedVersion(request));
      return reply.code(204).send();
    },
  });
}

function columnRoutes(app: App, tables: TableRoutesDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tables/:id/columns',
    config: changing,
    schema: {
      tags,
      summary: 'Add a column',
      description: 'The ETag is the version of the table.',
      params: one,
      body: createColumn,
      response: { 201: column },
    },
    handler: async (request, reply) => {
      const version = expectedVersion(request);
      const made = await tables.createColumn(request.who, request.params.id, request.body, version);
      setVersion(reply, made.version);
      return reply.code(201).send(presentColumn(made.column));
    },
  });

  app.route({
    method: 'PATCH',
    url: '/v1/tables/:id/columns/:column_id',
    config: changing,
    schema: {
      tags,
      summary: 'Change a column: name, width, place, type or action',
      description:
        'Another type is taken by all values or by none: 409 `conflict` (`values_do_not_fit`) says how many do not fit, also as `misfit_count`. The ETag is the version of the table.',
      params: oneColumn,
      body: updateColumn,
      response: { 200: column },
    },
    handler: async (request, reply) => {
      const { id, column_id } = request.params;
      const version = expectedVersion(request);
      const changed = await tables.changeColumn(request.who, id, column_id, request.body, version);
      setVersion(reply, changed.version);
      return presentColumn(changed.column);
    },
  });

  app.route({
    method: 'DELETE',
    url: '/v1/tables/:id/columns/:column_id',
    config: changing,
    schema: {
      tags,
      summary: 'Delete a column with its values',
      description: '409 `conflict` (`column_in_use`) names the action columns that use it.',
      params: oneColumn,
      response: { 204: z.void() },
    },
    handler: async (request, reply) => {
      const { id, column_id } = request.params;
      await tables.deleteColumn(request.who, id, column_id, expectedVersion(request));
      return reply.code(204).send();
    },
  });
}
