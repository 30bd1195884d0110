import type { FastifyReply } from 'fastify';

/**
 * The session's cookie. Over https `__Host-keyrail`: the browser then insists on Secure, Path=/ and no Domain. On http
 * (loopback only, see config.ts) a Secure cookie would not come back, so it is a plain name without Secure.
 */
export function cookieName(publicUrl: string | null): string {
  return isHttps(publicUrl) ? '__Host-keyrail' : 'keyrail';
}

export function setSessionCookie(
  reply: FastifyReply,
  publicUrl: string | null,
  token: string,
  expiresAt: Date,
): void {
  reply.setCookie(cookieName(publicUrl), token, { ...attributes(publicUrl), expires: expiresAt });
}

export function clearSessionCookie(reply: FastifyReply, publicUrl: string | null): void {
  reply.clearCookie(cookieName(publicUrl), attributes(publicUrl));
}

function attributes(publicUrl: string | null) {
  return { httpOnly: true, sameSite: 'lax', path: '/', secure: isHttps(publicUrl) } as const;
}

function isHttps(publicUrl: string | null): boolean {
  return publicUrl?.startsWith('https:') ?? false;
}
