import { createHash } from 'node:crypto';

export interface CallCount {
  provider: string;
  key: string | null;
  method: string;
  path: string;
  status: number;
  count: number;
}

interface Asked {
  provider: string;
  key: string | null;
  method: string;
  path: string;
}

/** Counts what came in, for tests: how many calls per path and key, and whether one was made twice. */
export class CallLog {
  readonly #counts = new Map<string, CallCount>();
  readonly #times = new Map<string, { asked: Asked; times: number; answered: number }>();

  /** How often this very request has come, this time included. */
  seen(asked: Asked, query: string, body: string): number {
    const print = this.#fingerprint(asked, query, body);
    const entry = this.#times.get(print) ?? { asked, times: 0, answered: 0 };
    entry.times += 1;
    this.#times.set(print, entry);
    return entry.times;
  }

  count(asked: Asked, query: string, body: string, status: number): void {
    const name = `${asked.provider} ${asked.key} ${asked.method} ${asked.path} ${status}`;
    const count = this.#counts.get(name) ?? { ...asked, status, count: 0 };
    count.count += 1;
    this.#counts.set(name, count);
    const entry = this.#times.get(this.#fingerprint(asked, query, body));
    if (entry && status >= 200 && status < 300 && status !== 202) entry.answered += 1;
  }

  counts(filter: Partial<Record<'provider' | 'key' | 'path', string>> = {}): CallCount[] {
    return [...this.#counts.values()].filter((count) =>
      Object.entries(filter).every(([name, value]) => count[name as 'provider' | 'key' | 'path'] === value),
    );
  }

  /** Requests that were answered with success more than once: what a run must not do again after a restart. */
  answeredTwice(): (Asked & { answered: number })[] {
    return [...this.#times.values()]
      .filter((entry) => entry.answered > 1)
      .map((entry) => ({ ...entry.asked, answered: entry.answered }));
  }

  clear(): void {
    this.#counts.clear();
    this.#times.clear();
  }

  #fingerprint(asked: Asked, query: string, body: string): string {
    const text = [asked.provider, asked.key, asked.method, asked.path, query, body].join('\n');
    return createHash('sha256').update(text).digest('base64');
  }
}
