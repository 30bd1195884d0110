import { columnId, rowId, runId, tableId } from '@keyrail/contract/ids';
import { pageOf, pageQuery } from '@keyrail/contract/page';
import { createRun, createTryout, run, runEstimate, type runEvents, tryout } from '@keyrail/contract/runs';
import { cellDetail } from '@keyrail/contract/tables';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { NamedRun } from '../runs/run.ts';
import type { Runs } from '../runs/runs.ts';
import type { RunNews, RunWatch } from '../runs/watch.ts';
import type { EventStreams, ServerEvent } from './events.ts';
import { pageFrom } from './page.ts';
import { presentCell, presentRun, presentTryout } from './present-run.ts';
import type { App } from './route.ts';

export interface RunRoutesDeps {
  runs: Runs;
  watch: RunWatch;
}

const one = z.object({ id: runId });
const column = z.object({ id: tableId, column_id: columnId });
const reading = { policy: { role: 'viewer', scope: 'tables:read' } } as const;
const running = { policy: { role: 'editor', scope: 'runs:write' } } as const;
const tags = ['Runs'];

/** `/v1/runs` and what of `/v1/tables` runs something: starting, watching and stopping, and what a cell came to. */
export function runRoutes(app: App, deps: RunRoutesDeps, frame: { events: EventStreams }): void {
  startRoutes(app, deps);
  lookRoutes(app, deps);
  eventRoute(app, deps, frame.events);
  decisionRoutes(app, deps);
}

function startRoutes(app: App, { runs }: RunRoutesDeps): void {
  app.route({
    method: 'POST',
    url: '/v1/tables/:id/columns/:column_id/runs',
    config: { ...running, sendsOut: true },
    schema: {
      tags,
      summary: 'Run an action column',
      description:
        'One run of a column at a time: while another is not over, 409 `conflict` names it in `run_id`. The run uses the connection with the rights of whoever starts it.',
      params: column,
      body: createRun,
      response: { 201: run },
    },
    handler: async (request, reply) => {
      const { id, column_id } = request.params;
      const started = await runs.start(request.who, id, column_id, request.body);
      return reply.code(201).send(presentRun(started));
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/tables/:id/columns/:column_id/estimate',
    config: running,
    schema: {
      tags,
      summary: 'Say what a run would do',
      description: 'How many rows, calls and credits, and what would stop it. Nothing is sent.',
      params: column,
      body: createRun,
      response: { 200: runEstimate },
    },
    handler: (request) =>
      runs.estimate(request.who, request.params.id, request.params.column_id, request.body),
  });

  app.route({
    method: 'POST',
    url: '/v1/tables/:id/tryouts',
    config: { ...running, sendsOut: true },
    schema: {
      tags,
      summary: 'Try an action on one row',
      description: 'Calls the provider once and saves nothing.',
      params: z.object({ id: tableId }),
      body: createTryout,
      response: { 200: tryout },
    },
    handler: async (request, reply) => {
      const { action, row_id } = request.body;
      const closed = closedSignal(reply);
      return presentTryout(await runs.tryOut(request.who, request.params.id, action, row_id, closed));
    },
  });
}

/** Whoever asked has gone. Not of the connection, which lives on with whatever is asked on it next. */
function closedSignal(reply: FastifyReply): AbortSignal {
  const closing = new AbortController();
  reply.raw.once('close', () => closing.abort());
  return closing.signal;
}

function lookRoutes(app: App, { runs }: RunRoutesDeps): void {
  app.route({
    method: 'GET',
    url: '/v1/tables/:id/rows/:row_id/cells/:column_id',
    config: reading,
    schema: {
      tags,
      summary: 'Read the whole of a cell',
      description: 'Its value, its outputs, and how it came about: the request made and the raw answer.',
      params: z.object({ id: tableId, row_id: rowId, column_id: columnId }),
      response: { 200: cellDetail },
    },
    handler: async (request) => {
      const { id, row_id, column_id } = request.params;
      return presentCell(await runs.cell(request.who, id, row_id, column_id));
    },
  });

  app.route({
    method: 'GET',
    url: '/v1/runs',
    config: reading,
    schema: {
      tags,
      summary: 'List runs, newest first',
      querystring: pageQuery.extend({ table_id: tableId.optional() }),
      response: { 200: pageOf(run) },
    },
    handler: (request) =>
      pageFrom(
        request.query,
        runId,
        ({ limit, after }) =>
          runs.list(request.who, { tableId: request.query.table_id ?? null, limit, before: after }),
        (item: NamedRun) => item.id as z.infer<typeof runId>,
        presentRun,
      ),
  });

  app.route({
    method: 'GET',
    url: '/v1/runs/:id',
    config: reading,
    schema: { tags, summary: 'Read a run', params: one, response: { 200: run } },
    handler: async (request) => presentRun(await runs.get(request.who, request.params.id)),
  });
}

function eventRoute(app: App, { runs, watch }: RunRoutesDeps, events: EventStreams): void {
  app.route({
    method: 'GET',
    url: '/v1/runs/:id/events',
    config: reading,
    schema: {
      tags,
      summary: 'Watch a run',
      description:
        'Server-sent events: `progress` with the run at most four times a second, `cells` with what changed, `end` once it is over; then the stream closes.',
      params: one,
    },
    handler: async (request, reply) => {
      const { id } = request.params;
      await runs.get(request.who, id);
      return events.open(request, reply, (send, closed) =>
        watch.follow(request.who, id, (news) => send(eventOf(news)), closed),
      );
    },
  });
}

type CellsEvent = z.infer<typeof runEvents.cells>;

function eventOf(news: RunNews): ServerEvent {
  if (news.kind !== 'cells') return { event: news.kind, data: presentRun(news.run) };
  const data: CellsEvent = {
    column_id: news.columnId as CellsEvent['column_id'],
    cells: news.cells.map(({ rowId: id, state, message }) => ({
      row_id: id as CellsEvent['cells'][number]['row_id'],
      state,
      message,
    })),
    more: news.more,
  };
  return { event: 'cells', data };
}

const decisions = {
  pause: 'Pause a run: nothing new begins until somebody resumes it',
  resume: 'Let a run go on; one that waits tries again at once',
  cancel: 'Cancel a run: what has not begun goes back to what it was',
} as const;

function decisionRoutes(app: App, { runs }: RunRoutesDeps): void {
  for (const [name, summary] of Object.entries(decisions) as [keyof typeof decisions, string][]) {
    app.route({
      method: 'POST',
      url: `/v1/runs/:id/${name}`,
      config: { ...running, sendsOut: name === 'resume' },
      schema: { tags, summary, params: one, response: { 200: run } },
      handler: async (request) => presentRun(await runs[name](request.who, request.params.id)),
    });
  }
}
