import type { FastifyReply, FastifyRequest } from 'fastify';

/** What a sign-in's cookie is made of. */
interface Begun {
  id: string;
  expiresAt: Date;
}

/**
 * Ties a sign-in to the browser that began it: what comes back in another one is not used (RFC 9700 §4.7). One cookie per
 * sign-in, so that two at once do not meet. Lax, as the provider's redirect comes from another site.
 */
export function setSignInCookie(
  reply: FastifyReply,
  publicUrl: string | null,
  { id, expiresAt }: Begun,
  nonce: string,
): void {
  const secure = publicUrl?.startsWith('https:') ?? false;
  reply.setCookie(nameOf(publicUrl, id), nonce, {
    httpOnly: true,
    sameSite: 'lax',
    path: '/oauth',
    secure,
    expires: expiresAt,
  });
}

export function signInCookie(
  request: FastifyRequest,
  publicUrl: string | null,
  id: string,
): string | undefined {
  return request.cookies[nameOf(publicUrl, id)];
}

function nameOf(publicUrl: string | null, id: string): string {
  return `${publicUrl?.startsWith('https:') ? '__Secure-' : ''}keyrail-sign-in-${id}`;
}
