/** KEYRAIL_UPSTREAMS: where calls to an origin really go. Origins on both sides, no paths. */
export type Upstreams = ReadonlyMap<string, string>;

export const noUpstreams: Upstreams = new Map();

/**
 * The address to connect to. Applied after the host check, so that a credential is judged by where it is meant to
 * go; the guard still judges the result.
 */
export function throughUpstreams(upstreams: Upstreams, url: URL): URL {
  const target = upstreams.get(url.origin);
  return target === undefined ? url : new URL(`${target}${url.pathname}${url.search}`);
}
