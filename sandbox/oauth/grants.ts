import { createHash, randomBytes } from 'node:crypto';
import type { Grant } from './spec.ts';

interface Code {
  grant: Grant;
  redirectUri: string;
  challenge: string | null;
  expiresAtMs: number;
  isUsed: boolean;
}

interface AccessToken {
  grant: Grant;
  expiresAtMs: number;
}

interface RefreshToken {
  grant: Grant;
  issuedAtMs: number;
  /** Null: not yet. */
  usedAtMs: number | null;
}

const CODE_LIVES_MS = 60_000;

/** What one sandbox remembers of sign-ins, for all its providers. */
export class Grants {
  readonly #grants: { provider: string; grant: Grant }[] = [];
  readonly #codes = new Map<string, Code>();
  readonly #access = new Map<string, AccessToken>();
  readonly #refresh = new Map<string, RefreshToken>();

  issueCode(provider: string, grant: Grant, asked: URLSearchParams, nowMs: number): string {
    const code = `sandbox-code-${randomText()}`;
    this.#grants.push({ provider, grant });
    this.#codes.set(code, {
      grant,
      redirectUri: asked.get('redirect_uri') ?? '',
      challenge: asked.get('code_challenge'),
      expiresAtMs: nowMs + CODE_LIVES_MS,
      isUsed: false,
    });
    return code;
  }

  /** The grant behind a code, once; null where code, address or verifier do not fit. */
  takeCode(code: string, redirectUri: string, verifier: string, nowMs: number): Grant | null {
    const found = this.#codes.get(code);
    if (found === undefined || found.isUsed || found.expiresAtMs <= nowMs) return null;
    found.isUsed = true;
    if (found.redirectUri !== redirectUri) return null;
    const isProven =
      found.challenge === null ||
      createHash('sha256').update(verifier).digest('base64url') === found.challenge;
    return isProven ? found.grant : null;
  }

  issueAccess(provider: string, grant: Grant, expiresAtMs: number): string {
    const token = `sandbox-${provider}-oauth-${randomText()}`;
    this.#access.set(token, { grant, expiresAtMs });
    return token;
  }

  issueRefresh(provider: string, grant: Grant, nowMs: number): string {
    const token = `sandbox-${provider}-refresh-${randomText()}`;
    this.#refresh.set(token, { grant, issuedAtMs: nowMs, usedAtMs: null });
    return token;
  }

  /** Whether a refresh token was given out less than so long ago. */
  isYoung(token: string, withinMs: number, nowMs: number): boolean {
    const found = this.#refresh.get(token);
    return found !== undefined && nowMs < found.issuedAtMs + withinMs;
  }

  access(token: string, nowMs: number): { grant: Grant } | { because: 'expired' | 'revoked' | 'unknown' } {
    const found = this.#access.get(token);
    if (found === undefined) return { because: 'unknown' };
    if (found.grant.isWithdrawn) return { because: 'revoked' };
    return found.expiresAtMs <= nowMs ? { because: 'expired' } : { grant: found.grant };
  }

  /** The grant of a refresh token; a rotating one is used up, and good no more once its grace is over. */
  refresh(
    token: string,
    { isRotating, graceMs, nowMs }: { isRotating: boolean; graceMs: number; nowMs: number },
  ): { grant: Grant } | { because: 'reused' | 'unknown'; grant?: Grant } {
    const found = this.#refresh.get(token);
    if (found === undefined || found.grant.isWithdrawn) return { because: 'unknown' };
    const { usedAtMs } = found;
    if (usedAtMs !== null && nowMs >= usedAtMs + graceMs) return { because: 'reused', grant: found.grant };
    if (isRotating) found.usedAtMs ??= nowMs;
    return { grant: found.grant };
  }

  /** Ends the grant an access or refresh token belongs to. */
  revoke(token: string): void {
    const found = this.#access.get(token) ?? this.#refresh.get(token);
    if (found) found.grant.isWithdrawn = true;
  }

  /** As when a person removes the app at the provider. Without names: everybody's, everywhere. */
  withdraw(provider?: string, account?: string): void {
    for (const one of this.#grants) {
      const isMeant =
        (provider === undefined || one.provider === provider) &&
        (account === undefined || one.grant.account === account);
      if (isMeant) one.grant.isWithdrawn = true;
    }
  }

  /** Access tokens end before their time; refresh tokens stay. */
  endAccessTokens(provider?: string): void {
    for (const [token, found] of this.#access)
      if (provider === undefined || token.startsWith(`sandbox-${provider}-oauth-`)) found.expiresAtMs = 0;
  }

  clear(): void {
    this.#grants.length = 0;
    this.#codes.clear();
    this.#access.clear();
    this.#refresh.clear();
  }
}

function randomText(): string {
  return randomBytes(18).toString('base64url').replaceAll('-', 'x').replaceAll('_', 'y');
}
