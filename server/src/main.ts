import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Config, readConfig } from './config.ts';
import { startEmbeddedPostgres } from './db/embedded/start.ts';
import { systemClock } from './lib/clock.ts';
import { createLog, type LogOutput } from './lib/log.ts';
import { createMetrics, type Metrics } from './lib/metrics.ts';
import { StartRefused } from './lib/start-refused.ts';
import type { Serving } from './serve.ts';

/**
 * The server's process:
 *
 *   read settings → start PostgreSQL (or take DATABASE_URL) → serve → [SIGTERM, SIGINT, starter gone] → drain → stop PostgreSQL
 *
 * A second signal while draining ends the process at once; PostgreSQL recovers from that by itself at the next start.
 */
async function main(): Promise<void> {
  const config = readConfig();
  const output = createLog({ level: config.logLevel ?? (process.stdout.isTTY ? 'warn' : 'info') });
  const stopping = new AbortController();
  onStopSignal(output, stopping);
  refuseInspector(output);
  reportStrays(output);

  // The database's own process starts while this one loads the rest of the program.
  // Loading does not yield once begun, so it begins when that process has been launched.
  const starting =
    config.databaseUrl === null ? startEmbeddedPostgres({ dataDir: config.dataDir, log: output.log }) : null;
  const [postgres, { serve }] = await Promise.all([starting, nextTurn().then(() => import('./serve.ts'))]);
  const databaseUrl = postgres?.url ?? config.databaseUrl?.reveal() ?? '';
  try {
    const metrics = createMetrics();
    measureProcess(metrics, output);
    const serving = await serve({
      config,
      databaseUrl,
      log: output.log,
      clock: systemClock,
      announce,
      metrics,
      signal: stopping.signal,
    });
    await greet(serving, config);
    await aborted(stopping.signal);
    announce('Stopping: what is under way is finished first.');
    output.log.info({}, 'stopping: no new requests, those in flight are finished');
    await serving.stop();
  } finally {
    await postgres?.stop();
  }
  output.log.info({}, 'stopped');
  output.flush();
}

/** What a person reads in the terminal; the log, in JSON, is for machines. */
function announce(message: string): void {
  process.stderr.write(`\n  ${message.replaceAll('\n', '\n  ')}\n`);
}

async function greet({ url, people }: Serving, config: Config): Promise<void> {
  if (config.role === 'worker') {
    announce('Keyrail works through the job queue.');
    return;
  }
  const code = await people.issueSetupCode();
  const lines = [`Keyrail is ready: ${url}`];
  if (code !== null) {
    lines.push(
      '',
      "Make a workspace and its owner's account with this link. It works once, for 24 hours, and until the next start:",
      `${url}/setup?code=${code}`,
    );
  }
  if (config.upstreams.size > 0) {
    lines.push(
      '',
      `Calls to other tools go elsewhere (KEYRAIL_UPSTREAMS; addresses: ${config.upstreams.size}).`,
    );
  }
  announce(`${lines.join('\n')}\n`);
}

/** Node opens its inspector, through which everything in memory can be read, to whoever can signal. A listener of ours takes its place. */
function refuseInspector(output: LogOutput): void {
  process.on('SIGUSR1', () => output.log.warn({}, 'SIGUSR1 does nothing here: no inspector is opened'));
}

function onStopSignal(output: LogOutput, stopping: AbortController): void {
  const stop = (because: string) => {
    if (stopping.signal.aborted) {
      output.log.warn({ because }, 'told to stop again: ending at once');
      output.flush();
      process.exit(1);
    }
    stopping.abort(new StopAsked());
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
  // Whoever started us and held a channel is gone: nobody is left to stop us.
  process.once('disconnect', () => {
    if (!stopping.signal.aborted) stop('the starting process ended');
  });
}

class StopAsked extends Error {
  override readonly name = 'StopAsked';
}

/** A mistake of ours that nobody handled: said, and the process ends, as its state is not known any more. */
function reportStrays(output: LogOutput): void {
  const end = (error: unknown) => {
    output.log.error({ err: error }, 'an error nobody handled: ending');
    output.flush();
    process.exit(70);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  // Node ends quietly when nothing is left that could happen; while a server runs that is a mistake of ours too.
  process.once('beforeExit', () =>
    end(new Error('nothing is left to wait for, and the program is not at its end')),
  );
  // A terminal or pipe that is gone must not end the server.
  process.stdout.on('error', () => {});
  process.stderr.on('error', () => {});
}

function measureProcess(metrics: Metrics, output: LogOutput): void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  metrics.gauge('process_resident_memory_bytes', 'Memory of this process.', () => process.memoryUsage.rss());
  metrics.gauge('process_uptime_seconds', 'How long this process runs.', () => Math.round(process.uptime()));
  metrics.gauge('keyrail_event_loop_delay_seconds', 'The 99th percentile since it was last read.', () => {
    const seconds = delay.percentile(99) / 1e9;
    delay.reset();
    return Number.isFinite(seconds) ? seconds : 0;
  });
  metrics.gauge('keyrail_log_lines_dropped', 'Log lines that could not be written.', output.droppedLines);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** Where a person must act, the sentence is all they need; everything else is ours to find and comes with its stack. */
function failStart(error: unknown): never {
  const isForPeople =
    error instanceof StartRefused || (error instanceof Error && error.name === 'MasterKeyError');
  if (error instanceof StopAsked) process.exit(0);
  process.stderr.write(isForPeople ? `\n  ${error.message}\n\n` : `${inspectable(error)}\n`);
  process.exit(1);
}

function inspectable(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

main().then(() => process.exit(0), failStart);
