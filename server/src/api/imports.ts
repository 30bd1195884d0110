import type { Readable } from 'node:stream';
import { tableId } from '@keyrail/contract/ids';
import {
  csvColumnPlan,
  importPreview,
  importQuery,
  importResult,
  previewQuery,
} from '@keyrail/contract/tables';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { AppError } from '../lib/app-error.ts';
import type { Clock } from '../lib/clock.ts';
import type { Tables } from '../tables/tables.ts';
import { attachment } from './attachment.ts';
import { presentImport, presentPreview } from './present-table.ts';
import type { App } from './route.ts';

export type ImportRoutesDeps = Pick<Tables, 'importCsv' | 'previewCsv' | 'exportCsv'>;

interface ImportFrame {
  clock: Clock;
  isStillAllowed(request: FastifyRequest): Promise<boolean>;
}

const one = z.object({ id: tableId });
const exportQuery = z.strictObject({
  bom: z
    .enum(['true', 'false'])
    .default('false')
    .describe('With a byte order mark in front, which Excel needs to read it as UTF-8.'),
});
const csvTypes = [
  'text/csv',
  'text/plain',
  'application/csv',
  'application/vnd.ms-excel',
  'application/octet-stream',
];
const changing = { policy: { role: 'editor', scope: 'tables:write' }, streams: csvTypes } as const;
const tags = ['Tables'];

/** CSV in and out, streamed both ways. */
export function importRoutes(app: App, tables: ImportRoutesDeps, frame: ImportFrame): void {
  importRoute(app, tables, frame);
  previewRoute(app, tables, frame);
  exportRoute(app, tables);
}

function importRoute(app: App, tables: ImportRoutesDeps, frame: ImportFrame): void {
  app.route({
    method: 'POST',
    url: '/v1/tables/:id/import',
    config: changing,
    schema: {
      tags,
      summary: 'Import a CSV',
      description:
        'The body is the file itself. It comes in as a whole, in one transaction, without the rows listed in `problems`; or not at all, and the error says why.',
      params: one,
      querystring: importQuery,
      response: { 200: importResult },
    },
    handler: (request, reply) =>
      lettingTheAnswerArrive(frame, request, reply, async () => {
        const { plan, upsert_by, ...options } = request.query;
        const imported = await tables.importCsv(request.who, request.params.id, {
          body: bodyOf(request),
          options,
          plan: plan === undefined ? undefined : readPlan(plan),
          upsertBy: upsert_by,
          checkMayGoOn: async () => {
            if (!(await frame.isStillAllowed(request)))
              throw new AppError('forbidden', {
                detail: 'Your rights ended while the file came in. Nothing was imported.',
              });
          },
        });
        return presentImport(imported);
      }),
  });
}

function previewRoute(app: App, tables: ImportRoutesDeps, frame: ImportFrame): void {
  app.route({
    method: 'POST',
    url: '/v1/imports/preview',
    config: changing,
    schema: {
      tags,
      summary: 'See how a CSV would be read',
      description:
        'The body is the beginning of the file; what follows its first megabyte is not looked at. Nothing is saved.',
      querystring: previewQuery,
      response: { 200: importPreview },
    },
    handler: (request, reply) =>
      lettingTheAnswerArrive(frame, request, reply, async () => {
        const { table_id, ...options } = request.query;
        const asked = { body: bodyOf(request), options, tableId: table_id };
        return presentPreview(await tables.previewCsv(request.who, asked));
      }),
  });
}

function exportRoute(app: App, tables: ImportRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tables/:id/export',
    config: { policy: { role: 'viewer', scope: 'tables:read' } },
    schema: {
      tags,
      summary: 'Export a table as CSV',
      description:
        "RFC 4180, UTF-8, with a header. Text that a spreadsheet would take for a formula has a ' in front. Action columns give their value where a cell is done.",
      params: one,
      querystring: exportQuery,
    },
    handler: async (request, reply) => {
      const withByteOrderMark = request.query.bom === 'true';
      const exported = await tables.exportCsv(request.who, request.params.id, { withByteOrderMark });
      return reply
        .header('content-type', 'text/csv; charset=utf-8')
        .header('content-disposition', attachment(`${exported.tableName}.csv`))
        .header('x-content-type-options', 'nosniff')
        .header('cache-control', 'no-store')
        .send(exported.csv);
    },
  });
}

/** A request without a body has no stream. */
function bodyOf(request: FastifyRequest): AsyncIterable<Buffer> {
  const body = request.body as Readable | undefined | null;
  // Read by hand, as ending a loop over a stream would destroy it, and with it the connection the answer goes to.
  return body ? body.iterator({ destroyOnReturn: false }) : noBytes();
}

async function* noBytes(): AsyncGenerator<Buffer> {}

function readPlan(text: string): z.infer<typeof csvColumnPlan>[] {
  const read = z.array(csvColumnPlan).max(1000).safeParse(parseJson(text));
  if (read.success) return read.data;
  const fields = read.error.issues
    .slice(0, 20)
    .map(({ path, message }) => ({ path: ['plan', ...path].join('.'), message }));
  throw new AppError('invalid_input', { detail: `The plan cannot be read. ${fields[0]?.message}`, fields });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** How long somebody who is still sending gets to read why we have stopped taking. */
const LINGER_MS = 2_000;

/**
 * Answers before all of the body has come (a limit, a file of another kind). Closing the connection at once would make
 * the other side's system throw the answer away unread; so what still comes is thrown away for a moment first.
 */
async function lettingTheAnswerArrive<Answer>(
  frame: ImportFrame,
  request: FastifyRequest,
  reply: FastifyReply,
  work: () => Promise<Answer>,
): Promise<Answer> {
  try {
    return await work();
  } finally {
    const { raw } = request;
    if (!raw.complete || !raw.readableEnded) {
      reply.raw.once('finish', () => {
        const ended = new AbortController();
        raw.once('end', () => ended.abort());
        raw.once('close', () => ended.abort());
        raw.resume();
        frame.clock.sleep(LINGER_MS, ended.signal).then(
          () => raw.socket.destroy(),
          () => {},
        );
      });
    }
  }
}
