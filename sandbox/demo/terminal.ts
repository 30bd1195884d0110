import { styleText } from 'node:util';
import type { Run } from '@keyrail/contract/runs';

/** Words and a progress bar on standard output; plain lines where that is no terminal. Colours as NO_COLOR and it allow. */
const out = process.stdout;
/** A line that is written over, where there is one to write over. */
const isLive = out.isTTY === true && process.env.TERM !== 'dumb';
const paint = (style: Parameters<typeof styleText>[0], text: string) =>
  styleText(style, text, { stream: out });

export const bold = (text: string): string => paint('bold', text);
export const dim = (text: string): string => paint('dim', text);
const good = (text: string) => paint('green', text);
const bad = (text: string) => paint('red', text);

export function line(text = ''): void {
  out.write(`${text}\n`);
}

/** A thing that is being done: "2  Connecting …". */
export function step(number: number, text: string): void {
  line(`\n${paint('cyan', String(number))}  ${bold(text)}`);
}

export function said(text: string): void {
  line(`   ${text}`);
}

export function worked(text: string): void {
  said(`${good('ok')}  ${text}`);
}

export function refused(text: string): void {
  said(`${bad('no')}  ${text}`);
}

/** Rows of words, the columns below each other. */
export function columns(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => [...(row[at] ?? '')].length)));
  for (const row of rows) {
    const cells = row.map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - [...cell].length));
    said(cells.join('   ').trimEnd());
  }
}

export interface Progress {
  show(run: Run): void;
  end(): void;
}

/** Where the line cannot be written over, one for every quarter. */
export function progress(): Progress {
  let quarter = 0;
  return {
    show: (run) => {
      const settled = settledOf(run);
      if (isLive) {
        out.write(`\r\x1b[2K   ${progressLine(run, Math.min(40, (out.columns ?? 80) - 50))}`);
        return;
      }
      const reached = run.total === 0 ? 0 : Math.floor((settled / run.total) * 4);
      if (reached <= quarter) return;
      quarter = reached;
      said(progressLine(run, 20));
    },
    end: () => {
      if (isLive) out.write('\n');
    },
  };
}

function progressLine(run: Run, width: number): string {
  const settled = settledOf(run);
  const full = run.total === 0 ? 0 : Math.round((settled / run.total) * width);
  const bar = width < 8 ? '' : `[${'#'.repeat(full)}${'.'.repeat(width - full)}]  `;
  const rate = run.rows_per_second > 0 ? `  ${run.rows_per_second.toFixed(1)} rows/s` : '';
  const left = run.remaining_seconds === null ? '' : `  ${run.remaining_seconds} s left`;
  return `${bar}${settled}/${run.total}${rate}${left}`;
}

function settledOf({ counts }: Run): number {
  const { done, no_result, skipped, error, over_budget, unknown } = counts;
  return done + no_result + skipped + error + over_budget + unknown;
}
