/** One goal of a measurement beside its main one. */
export interface Check {
  name: string;
  value: number;
  unit: string;
  /** In words: "< 200 MB". */
  goal: string;
  met: boolean;
}

export interface Measurement {
  bench: string;
  value: number;
  unit: string;
  /** What ran beside it in the same run, and what it came to. */
  against: { name: string; value: number };
  /** Value divided by the peer's. */
  ratio: number;
  /** In words: "ratio <= 1.5". */
  goal: string;
  met: boolean;
  checks: Check[];
}

/** `-- --full`: the real size instead of the small one that takes under a minute. */
export const isFull: boolean = process.argv.includes('--full');

/** Prints the measurement as the last line, as every bench does, and fails the process where a goal was missed. */
export function report(measurement: Measurement): void {
  if (!measurement.met || measurement.checks.some((check) => !check.met)) process.exitCode = 1;
  console.log(JSON.stringify(rounded(measurement)));
}

/** A line for whoever watches; the result is the last line only. */
export function tell(text: string): void {
  console.error(text);
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length === 0) return Number.NaN;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (low + high) / 2;
}

/** Resident memory of a process in MB; Linux only, elsewhere not a number. */
export async function residentMb(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/VmRSS:\s+(\d+) kB/.exec(text)?.[1] ?? Number.NaN) / 1024;
}

function rounded(measurement: Measurement): unknown {
  return JSON.parse(
    JSON.stringify(measurement, (_key, value: unknown) =>
      typeof value === 'number' ? Number(value.toPrecision(4)) : value,
    ),
  );
}
