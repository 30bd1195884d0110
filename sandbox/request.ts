import type { Grant } from './oauth/spec.ts';

/** A request as a stand-in sees it. `key` is the credential it carried, null without one. */
export interface SandboxRequest {
  /** The provider's address it was meant for. */
  origin: string;
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Readonly<Record<string, string | undefined>>;
  body: unknown;
  key: string | null;
  /** How often this very request (method, path, query, body, key) has come, this time included. */
  times: number;
  /** Whose token it carries, where that came from signing in. */
  grant: Grant | null;
}

/** What is sent back. A string body goes out as it is, anything else as JSON; null is an empty body. */
export interface Reply {
  status: number;
  body: unknown;
  headers?: Record<string, string>;
  /** Counts against the credits of `…-credits-N` keys. */
  costs?: number;
}

export function memberOf(body: unknown, name: string): unknown {
  return body !== null && typeof body === 'object' && Object.hasOwn(body, name)
    ? (body as Record<string, unknown>)[name]
    : undefined;
}

export function textOf(body: unknown, name: string): string {
  const value = memberOf(body, name);
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
}

/** The credential in `Authorization: Bearer …`. */
export function bearerOf(headers: SandboxRequest['headers']): string | null {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? null;
}

/** Who the credential belongs to: the person who signed in, or a name made from the key's own text. */
export function ownerOf(slug: string, { grant, key }: Pick<SandboxRequest, 'grant' | 'key'>): string {
  return grant?.account ?? `${(key ?? '').replace(`sandbox-${slug}-`, '')}@${slug}.sandbox.example`;
}
