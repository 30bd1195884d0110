/** How far this server's clock is off, by what the other sides say in their answers' Date. */
export interface ClockSkew {
  /** `hosts`: how many were asked. `medianMs`: their clocks less ours. Null: nobody has said. */
  skew(): { medianMs: number; hosts: number } | null;
}

export interface SkewWatch extends ClockSkew {
  see(url: string, headers: Readonly<Record<string, string>>, now: Date): void;
}

/** Looked at now and then: thousands of answers a second say nothing new. */
const EVERY_MS = 250;
const HOSTS_MOST = 25;
/** A clock that was put right meanwhile. */
const FRESH_MS = 15 * 60_000;

/** One host's clock may be wrong; the middle of several is ours to explain. */
export function createSkewWatch(clock: { now(): Date }): SkewWatch {
  const seen = new Map<string, { skewMs: number; at: number }>();
  let lastAt = 0;
  return {
    see: (url, { date, age }, now) => {
      const at = now.getTime();
      if (Math.abs(at - lastAt) < EVERY_MS || date === undefined || age !== undefined) return;
      const theirs = Date.parse(date);
      if (Number.isNaN(theirs)) return;
      lastAt = at;
      const host = URL.parse(url)?.host ?? '';
      seen.delete(host);
      // A Date is cut off to its second.
      seen.set(host, { skewMs: theirs + 500 - at, at });
      const oldest = seen.keys().next().value;
      if (seen.size > HOSTS_MOST && oldest !== undefined) seen.delete(oldest);
    },
    skew: () => {
      const now = clock.now().getTime();
      const fresh = [...seen.values()].filter(({ at }) => Math.abs(now - at) < FRESH_MS);
      const sorted = fresh.map(({ skewMs }) => skewMs).sort((a, b) => a - b);
      const medianMs = sorted[Math.floor((sorted.length - 1) / 2)];
      return medianMs === undefined ? null : { medianMs, hosts: sorted.length };
    },
  };
}
