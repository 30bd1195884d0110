import { fillText } from '../catalog/requests/template.ts';
import { callerHeaders } from '../outbound/headers.ts';

/** What says who the caller is, where their page is, or where a server behind another should look. */
const NOT_FORWARDED =
  /^(accept-encoding|origin|referer|dnt|priority|upgrade-insecure-requests|true-client-ip|x-(client|cluster-client|original|envoy)-?.*|x-rewrite-url|x-original-.*|cf-.*|sec-.*|keyrail-.*|traceparent|tracestate|baggage)$/;

/** A caller's headers as they go on, over those every request to the integration carries. */
export function forwardedHeaders(
  given: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string | number | boolean>>,
  fields: Readonly<Record<string, string>>,
): Record<string, string> {
  const kept = Object.entries(callerHeaders(given)).filter(([name]) => !NOT_FORWARDED.test(name));
  const usual = Object.entries(defaults).flatMap(([name, template]) => {
    const value = fillText(String(template), fields);
    return value === null ? [] : [[name.toLowerCase(), value] as const];
  });
  return { ...Object.fromEntries(usual), ...Object.fromEntries(kept) };
}

/**
 * What an answer may not say from our address: it would speak for our origin (its storage, its transport, what may be
 * loaded or embedded, whom a browser asks for a password).
 */
const NOT_HANDED_THROUGH =
  /^(set-cookie2?|clear-site-data|content-security-policy.*|cross-origin-.*|access-control-.*|strict-transport-security|public-key-pins.*|expect-ct|alt-svc|nel|report-to|reporting-endpoints|service-worker-allowed|sourcemap|x-sourcemap|refresh|origin-agent-cluster|permissions-policy|document-policy|x-frame-options|x-content-type-options|x-xss-protection|referrer-policy|cache-control|pragma|expires|age|timing-allow-origin|speculation-rules|www-authenticate|proxy-.*|keyrail-.*)$/;

/** `called`: the address that answered. A redirect or place below it is written out whole: under our address it would be ours. */
export function handedThrough(
  headers: Readonly<Record<string, string>>,
  called: string,
): Record<string, string> {
  const kept = Object.entries(headers).filter(([name]) => !NOT_HANDED_THROUGH.test(name));
  return Object.fromEntries(
    kept.map(([name, value]) => [name, PLACES.has(name) ? whole(value, called) : value]),
  );
}

const PLACES = new Set(['location', 'content-location']);

function whole(place: string, called: string): string {
  const isWhole = /^[a-z][a-z0-9+.-]*:\/\/[^/]/i.test(place);
  return isWhole ? place : (URL.parse(place, called)?.href ?? called);
}
