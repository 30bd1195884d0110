import { randomBytes } from 'node:crypto';
import { AWS_ACCOUNT, AWS_KEYS, AWS_ROLES } from './keys.ts';
import type { Expected } from './verify.ts';

/** Temporary keys that somebody got by taking on a role. */
export interface RoleSession {
  keyId: string;
  secret: string;
  token: string;
  endsAtMs: number;
  /** As GetCallerIdentity tells it. */
  arn: string;
  role: string;
}

export type Assumed =
  | { kind: 'session'; session: RoleSession }
  | { kind: 'refused'; status: number; code: string; message: string };

/** The sessions of one sandbox. https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html */
export class RoleSessions {
  readonly #sessions = new Map<string, RoleSession>();

  assume(
    keyId: string,
    asked: URLSearchParams,
    { nowMs, tokenSeconds }: { nowMs: number; tokenSeconds: number | null },
  ): Assumed {
    const arn = asked.get('RoleArn') ?? '';
    const role = Object.hasOwn(AWS_ROLES, arn) ? AWS_ROLES[arn] : undefined;
    const isTrusted = role?.externalId === undefined || role.externalId === asked.get('ExternalId');
    const user = arnOf(keyId);
    if (role === undefined || !isTrusted || !keyId.startsWith('AKIASANDBOXGOOD'))
      return refused(
        403,
        'AccessDenied',
        `User: ${user} is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
      );
    const seconds = Number(asked.get('DurationSeconds') ?? 3600);
    if (!(seconds >= 900 && seconds <= 43_200))
      return refused(
        400,
        'ValidationError',
        `1 validation error detected: Value '${seconds}' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900`,
      );
    if (seconds > role.longestSeconds)
      return refused(
        400,
        'ValidationError',
        'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      );
    const name = asked.get('RoleSessionName') ?? '';
    if (!/^[\w+=,.@-]{2,64}$/.test(name))
      return refused(
        400,
        'ValidationError',
        "1 validation error detected: Value at 'roleSessionName' failed to satisfy constraint",
      );
    const session: RoleSession = {
      keyId: `ASIASANDBOX${randomBytes(5).toString('hex').toUpperCase().slice(0, 9)}`,
      secret: randomBytes(30).toString('base64'),
      token: `sandbox-session-${randomBytes(24).toString('base64')}`,
      endsAtMs: nowMs + (tokenSeconds ?? seconds) * 1000,
      arn: `arn:aws:sts::${AWS_ACCOUNT}:assumed-role/${arn.split('/').at(-1)}/${name}`,
      role: arn,
    };
    this.#sessions.set(session.keyId, session);
    return { kind: 'session', session };
  }

  get(keyId: string): RoleSession | undefined {
    return this.#sessions.get(keyId);
  }

  /** As when an administrator revokes the sessions of every role. */
  endAll(): void {
    for (const session of this.#sessions.values()) session.endsAtMs = 0;
  }

  /** All keys that are known now, for the check of a signature. */
  keys(revoked: ReadonlySet<string>, nowMs: number): Expected['keys'] {
    const lasting = Object.entries(AWS_KEYS).filter(([id]) => !revoked.has(id));
    const temporary = [...this.#sessions.values()].map(({ keyId, secret, token, endsAtMs }) => [
      keyId,
      { secret, token, isExpired: endsAtMs <= nowMs },
    ]);
    return Object.fromEntries([...lasting, ...temporary]) as Expected['keys'];
  }
}

export function arnOf(keyId: string): string {
  return `arn:aws:iam::${AWS_ACCOUNT}:user/${keyId.slice(11).toLowerCase()}`;
}

function refused(status: number, code: string, message: string): Assumed {
  return { kind: 'refused', status, code, message };
}
