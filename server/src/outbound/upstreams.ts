/** KEYRAIL_UPSTREAMS: where calls to an origin really go. Origins on both sides, no paths. */
export type Upstreams = ReadonlyMap<string, string>;

export const noUpstreams: Upstreams = new Map();

/**
 * Reads `https://api.example.com=http://127.0.0.1:4500` entries. Throws a sentence naming the entry that is not
 * two origins.
 */
export function parseUpstreams(entries: readonly string[]): Upstreams {
  return new Map(entries.map(parseEntry));
}

function parseEntry(entry: string): [string, string] {
  const [from, to, ...rest] = entry.split('=').map((side) => originOf(side.trim()));
  if (!from || !to || rest.length > 0) {
    throw new Error(`"${entry}": write two origins, such as https://api.example.com=http://127.0.0.1:4500`);
  }
  return [from, to];
}

function originOf(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  return url.pathname === '/' && url.search === '' && url.username === '' ? url.origin : null;
}

/**
 * The address to connect to. Applied after the host check, so that a credential is judged by where it is meant to
 * go; the guard still judges the result.
 */
export function throughUpstreams(upstreams: Upstreams, url: URL): URL {
  const target = upstreams.get(url.origin);
  return target === undefined ? url : new URL(`${target}${url.pathname}${url.search}`);
}
