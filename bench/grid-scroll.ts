import { createClient } from '@keyrail/sdk/client';
import { type Browser, type CDPSession, chromium, type Page } from 'playwright-core';
import { startPictureStage } from '../e2e/picture-stage.ts';
import { cookieFetch } from '../sandbox/demo/cookie-fetch.ts';
import { isFull, median, report, tell } from './report.ts';

/**
 * A table of 100,000 rows is scrolled from top to bottom in a real browser: slowly as one reads, and in long pulls at the
 * scroll bar. A trace of Chromium says how long each task of the page's main thread took. Beside it an empty page of
 * the same height is scrolled the same way: what the browser itself needs.
 */
const rowCount = isFull ? 1_000_000 : 100_000;
const columnCount = 12;
const longestAllowedMs = 50;
const rounds = 3;
const owner = {
  name: 'B',
  email: 'b@example.com',
  password: 'a-fine-Password-0001',
  workspace_name: 'Bench',
};

interface Scrolled {
  longestMs: number;
  /** Of processor time: what the task itself took where other programs share the processor. */
  longestCpuMs: number;
  longTasks: number;
  busyMs: number;
  frames: number;
  slowestFrameMs: number;
  domNodes: number;
}

const stage = await startPictureStage();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking'],
});
process.once('SIGINT', () => void stage.close().then(() => process.exit(1)));
try {
  const code = new URL(stage.server.setupLink ?? '').searchParams.get('code') ?? '';
  const tableId = await fillTable(stage.server.url, code);
  const ours = await scrollOurs(browser, stage.server.url, tableId);
  const bare = await scrollBare(browser);
  tell(`the grid: ${JSON.stringify(ours)}`);
  tell(`an empty page: ${JSON.stringify(bare)}`);
  report({
    bench: 'grid-scroll',
    value: ours.longestMs,
    unit: 'ms (longest task)',
    against: { name: 'an empty page of the same height', value: bare.longestMs },
    ratio: ours.longestMs / bare.longestMs,
    goal: `no task over ${longestAllowedMs} ms`,
    met: ours.longestMs <= longestAllowedMs,
    checks: [
      check('long tasks', ours.longTasks, 'tasks', '0', ours.longTasks === 0),
      check(
        'longest task, processor time alone',
        ours.longestCpuMs,
        'ms',
        '<= 50',
        ours.longestCpuMs <= longestAllowedMs,
      ),
      check('elements in the document', ours.domNodes, 'elements', '< 2000', ours.domNodes < 2000),
      check(
        'main thread busy per frame',
        ours.busyMs / ours.frames,
        'ms',
        '< 16.7',
        ours.busyMs / ours.frames < 16.7,
      ),
    ],
  });
} finally {
  await browser.close();
  await stage.close();
}

function check(name: string, value: number, unit: string, goal: string, met: boolean) {
  return { name, value, unit, goal, met };
}

async function fillTable(baseUrl: string, code: string): Promise<string> {
  let workspace: string | undefined;
  const api = createClient({ baseUrl, fetch: cookieFetch(), workspace: () => workspace });
  workspace = (await api.setup.complete({ code, ...owner })).workspaces[0]?.id;
  const table = await api.tables.create({ name: 'Scrolled' });
  const header = Array.from({ length: columnCount }, (_, at) => `Column ${at + 1}`).join(',');
  const lines = Array.from({ length: rowCount }, (_, row) =>
    Array.from({ length: columnCount }, (_, at) => (at % 4 === 3 ? row * at : `value ${row}.${at}`)).join(
      ',',
    ),
  );
  tell(`importing ${rowCount.toLocaleString('en')} rows`);
  const startedAt = Date.now();
  await api.tables.import(table.id, [header, ...lines].join('\n'));
  tell(`imported in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  return table.id;
}

async function scrollOurs(chrome: Browser, baseUrl: string, tableId: string): Promise<Scrolled> {
  const context = await chrome.newContext({ baseURL: baseUrl, viewport: { width: 1440, height: 900 } });
  await context.request.post('/v1/session', { data: { email: owner.email, password: owner.password } });
  const page = await context.newPage();
  await page.goto(`/tables/${tableId}`);
  await page.locator('#cell-0-0').getByText('value').waitFor();
  const scrolled = await traced(page, '[role=grid]');
  await page
    .locator(`#cell-${rowCount - 1}-0`)
    .getByText('value')
    .waitFor();
  await context.close();
  return scrolled;
}

async function scrollBare(chrome: Browser): Promise<Scrolled> {
  const page = await chrome.newPage({ viewport: { width: 1440, height: 900 } });
  const height = Math.min(rowCount * 32, 15_000_000);
  await page.setContent(
    `<div id="box" style="height:800px;overflow:auto"><div style="height:${height}px"></div></div>`,
  );
  const scrolled = await inRounds(page, '#box');
  await page.close();
  return scrolled;
}

/** The median of each measure over the rounds. */
async function inRounds(page: Page, selector: string): Promise<Scrolled> {
  const all: Scrolled[] = [];
  for (let round = 0; round < rounds; round++) all.push(await traced(page, selector));
  const middle = (key: keyof Scrolled) => median(all.map((one) => one[key]));
  return {
    longestMs: middle('longestMs'),
    longestCpuMs: middle('longestCpuMs'),
    longTasks: middle('longTasks'),
    busyMs: middle('busyMs'),
    frames: middle('frames'),
    slowestFrameMs: middle('slowestFrameMs'),
    domNodes: middle('domNodes'),
  };
}

/** Scrolls from the top to the end while the browser writes a trace. */
async function traced(page: Page, selector: string): Promise<Scrolled> {
  const cdp = await page.context().newCDPSession(page);
  const events = record(cdp);
  const frames = await page.locator(selector).evaluate(scrollThrough);
  const domNodes = await page.evaluate('document.querySelectorAll("*").length');
  const tasks = mainThreadTasks(await events());
  return {
    longestMs: Math.max(...tasks.map((task) => task.ms)),
    longestCpuMs: Math.max(...tasks.map((task) => task.cpuMs)),
    longTasks: tasks.filter((task) => task.ms > longestAllowedMs).length,
    busyMs: busyMs(tasks),
    frames: frames.length,
    slowestFrameMs: Math.max(...frames),
    domNodes: Number(domNodes),
  };
}

/** Runs in the page. A reader's pace, then pulls at the scroll bar that pass thousands of rows per frame, then the end. */
async function scrollThrough(element: unknown): Promise<number[]> {
  const box = element as { scrollTop: number; scrollHeight: number };
  const scope = globalThis as unknown as { requestAnimationFrame: (act: (at: number) => void) => void };
  const frame = () => new Promise<number>((resolve) => scope.requestAnimationFrame(resolve));
  const took: number[] = [];
  box.scrollTop = 0;
  let before = await frame();
  const step = async (to: number) => {
    box.scrollTop = to;
    const now = await frame();
    took.push(now - before);
    before = now;
  };
  for (let at = 0; at < 120; at++) await step(box.scrollTop + 60);
  for (let at = 0; at < 60; at++) await step(box.scrollTop + 900);
  const from = box.scrollTop;
  for (let at = 1; at <= 150; at++) await step(from + ((box.scrollHeight - from) * at) / 150);
  for (let at = 0; at < 30; at++) await step(box.scrollHeight);
  return took;
}

interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  dur?: number;
  tdur?: number;
  args?: { name?: string; data?: { frames?: { url: string; processId: number }[] } };
}

function record(cdp: CDPSession): () => Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  cdp.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const started = cdp.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline', 'devtools.timeline'],
    },
  });
  return async () => {
    await started;
    const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
    await cdp.send('Tracing.end');
    await complete;
    return events;
  };
}

interface Task {
  ms: number;
  cpuMs: number;
}

/** The tasks of the page's main thread: of the renderer that was busiest, as only one page scrolls. */
function mainThreadTasks(events: TraceEvent[]): Task[] {
  const mains = events.filter(
    (event) => event.name === 'thread_name' && event.args?.name === 'CrRendererMain',
  );
  const perMain = mains.map(({ pid, tid }) =>
    events
      .filter((event) => event.pid === pid && event.tid === tid && event.ph === 'X' && isTask(event.name))
      .map((event) => ({ ms: (event.dur ?? 0) / 1000, cpuMs: (event.tdur ?? 0) / 1000 })),
  );
  const busiest = perMain.sort((one, other) => busyMs(other) - busyMs(one))[0] ?? [];
  if (busiest.length === 0) throw new Error('the trace holds no task of a renderer');
  return busiest;
}

function busyMs(tasks: readonly Task[]): number {
  return tasks.reduce((sum, task) => sum + task.ms, 0);
}

/** The outermost event of a task; others are within it. */
function isTask(name: string): boolean {
  return name === 'ThreadControllerImpl::RunTask';
}
