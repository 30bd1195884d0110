/** What a person enters; all of them obviously made up. The last letters of an ID say how the key behaves. */
export const AWS_KEYS = {
  AKIASANDBOXGOOD00001: { secret: 'sandboxSecretGood/0001+abcdefghijklmnopq' },
  AKIASANDBOXGOOD00002: { secret: 'sandboxSecretGood/0002+abcdefghijklmnopq' },
  AKIASANDBOXLIMITED01: { secret: 'sandboxSecretLimited/01+abcdefghijklmnop' },
  AKIASANDBOXTHROTTLE1: { secret: 'sandboxSecretThrottle/1+abcdefghijklmnop' },
  ASIASANDBOXTEMP00001: {
    secret: 'sandboxSecretTemp/0001+abcdefghijklmnopq',
    token: 'sandbox-session-token-0001',
  },
  ASIASANDBOXENDED0001: {
    secret: 'sandboxSecretEnded/001+abcdefghijklmnopq',
    token: 'sandbox-session-token-ended',
    isExpired: true,
  },
} as const;

export const AWS_ACCOUNT = '123456789012';
/** What `role/partner` asks for. */
export const AWS_EXTERNAL_ID = 'sandbox-external-id';

/** Roles that the good keys may take on; `longestSeconds`: the role's maximum session duration. */
export const AWS_ROLES: Readonly<Record<string, { externalId?: string; longestSeconds: number }>> = {
  [roleArn('keyrail')]: { longestSeconds: 43_200 },
  [roleArn('partner')]: { externalId: AWS_EXTERNAL_ID, longestSeconds: 3_600 },
  [roleArn('limited')]: { longestSeconds: 3_600 },
};

export function roleArn(name: string): string {
  return `arn:aws:iam::${AWS_ACCOUNT}:role/${name}`;
}
