import { type DestinationStream, type Logger, pino } from 'pino';
import { redact, redactText } from './redact.ts';

/** What everybody logs through. Fields first, then one sentence. Nothing secret may be passed; what slips in is removed. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  child(fields: object): Log;
}

export interface LogOutput {
  log: Log;
  /** Lines that could not be written, because the reader was gone or too slow. */
  droppedLines(): number;
  /** Writes what is still buffered; for the moment before the process ends. */
  flush(): void;
}

interface LogOptions {
  level: 'debug' | 'info' | 'warn' | 'error';
  /** A file descriptor (1 is standard output), or a stream for tests. */
  destination?: number | DestinationStream;
}

/** Beyond this much unwritten text, lines are dropped and counted: a stuck reader must not fill the memory. */
const BUFFER_MAX_BYTES = 1_048_576;

/** JSON lines. A reader that closes its end or stops reading costs log lines, never the service. */
export function createLog({ level, destination = 1 }: LogOptions): LogOutput {
  let dropped = 0;
  const stream = typeof destination === 'number' ? openFile(destination, () => dropped++) : destination;
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Errors are made plain by `redact`; pino's own serializer would add them whole.
      serializers: { err: (value: unknown) => value },
    },
    stream,
  );
  return {
    log: redacting(logger),
    droppedLines: () => dropped,
    flush: () => {
      if (!('flushSync' in stream)) return;
      try {
        (stream as { flushSync(): void }).flushSync();
      } catch {
        // The reader is gone, or the file was never opened: nothing can be done at the very end.
      }
    },
  };
}

/** The one way into the logger: nothing reaches it that was not redacted, fields of children included. */
function redacting(logger: Logger): Log {
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    if (logger.isLevelEnabled(level)) logger[level](redact(fields), redactText(message));
  };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => redacting(logger.child(redact(fields) as Record<string, unknown>)),
  };
}

function openFile(fd: number, onLost: () => void): DestinationStream {
  const file = pino.destination({ fd, sync: false, maxLength: BUFFER_MAX_BYTES });
  file.on('drop', onLost);
  // EPIPE and the like; without a listener it would end the process.
  file.on('error', onLost);
  return file;
}

/** For tests and tools that want no output. */
export const silentLog: Log = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLog,
};
