import type { Agent } from 'undici';

export interface Calls {
  calls: number;
  seconds: number;
  ms: number[];
  /** What was answered other than 200. */
  failed: string[];
}

export interface Calling {
  agent: Agent;
  perSecond: number;
  headers: Record<string, string>;
  /** Of the first, second, … call. */
  urlOf(index: number): string;
}

/** So many calls a second, half of them with a body, whether those before are answered or not, until `until` is over and all are. */
export async function calling(how: Calling, until: () => Promise<unknown>): Promise<Calls> {
  const [ms, failed]: [number[], string[]] = [[], []];
  const open = new Set<Promise<void>>();
  let [index, isOver] = [0, false];
  const startedAt = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1_000) * how.perSecond);
    while (!isOver && index < due) {
      const call = one(how, index, ms, failed).finally(() => open.delete(call));
      open.add(call);
      index += 1;
    }
  }, 2);
  try {
    await until();
  } finally {
    isOver = true;
    clearInterval(timer);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  await Promise.all(open);
  return { calls: index, seconds, ms, failed };
}

async function one(
  { agent, headers, urlOf }: Calling,
  index: number,
  ms: number[],
  failed: string[],
): Promise<void> {
  const startedAt = performance.now();
  const { origin, pathname, search } = new URL(urlOf(index));
  const isPost = index % 2 === 0;
  const sent = isPost ? { ...headers, 'content-type': 'application/json' } : headers;
  try {
    const answer = await agent.request({
      origin,
      path: pathname + search,
      method: isPost ? 'POST' : 'GET',
      headers: sent,
      body: isPost ? JSON.stringify({ name: 'Jane' }) : null,
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 200) failed.push(`${answer.statusCode} ${text.slice(0, 300)}`);
  } catch (error) {
    failed.push(String(error));
  }
  ms.push(performance.now() - startedAt);
}
