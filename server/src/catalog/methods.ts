import type { AuthMethod } from './definition/auth-definition.ts';

/** What tells the auth methods of one integration apart: files and connections name them by it. */
export function methodIdOf({ id, type }: Pick<AuthMethod, 'id' | 'type'>): string {
  return id ?? type;
}

export function methodById(
  { auth }: { auth: readonly AuthMethod[] },
  methodId: string,
): AuthMethod | undefined {
  return auth.find((one) => methodIdOf(one) === methodId);
}
