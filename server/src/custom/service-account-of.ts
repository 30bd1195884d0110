import type { CustomAuth } from '@keyrail/contract/custom-auth';

export type CustomServiceAccount = Extract<CustomAuth, { type: 'service_account' }>;

const GOOGLE_TOKEN_URL = 'https://oauth2.googleapis.com/token';

/** Kinds that have nothing without an address for tokens. */
export const NEEDS_TOKEN_URL: ReadonlySet<CustomServiceAccount['kind']> = new Set([
  'jwt_bearer',
  'client_assertion',
  'jwt_exchange',
]);
export const SIGNS_JWT: ReadonlySet<CustomServiceAccount['kind']> = new Set([
  ...NEEDS_TOKEN_URL,
  'self_signed',
]);

/** The part of a catalog file that says how a program's account authenticates. */
export function serviceAccountOf(auth: CustomServiceAccount): Record<string, unknown> {
  switch (auth.kind) {
    case 'google_service_account':
      return googleKey(auth);
    case 'aws_access_key':
      return awsKey(auth);
    case 'jwt_bearer':
      return {
        kind: auth.kind,
        ...tokens(auth),
        assertion: { ...jwt(auth), subject: '{subject}', scope_in: auth.scope_in },
        fields: [CLIENT_ID, SUBJECT, ...signing(auth)],
      };
    case 'client_assertion':
      return {
        kind: auth.kind,
        ...tokens(auth),
        assertion: jwt(auth),
        fields: [CLIENT_ID, ...signing(auth)],
      };
    case 'jwt_exchange':
      return {
        kind: auth.kind,
        ...tokens(auth),
        assertion: { ...jwt(auth), subject: '{subject}' },
        fields: [ISSUER, SUBJECT, ...signing(auth)],
      };
    case 'self_signed':
      return {
        kind: auth.kind,
        assertion: { ...jwt(auth), subject: '{subject}' },
        fields: [ISSUER, SUBJECT, ...signing(auth)],
      };
  }
}

/** Where a role is taken on, and with that what is signed with the key itself. */
export function stsUrlOf(auth: CustomServiceAccount): string | null {
  if (auth.kind !== 'aws_access_key' || !auth.has_role) return null;
  return auth.sts_url ?? `https://sts.${auth.region}.amazonaws.com`;
}

function tokens(auth: CustomServiceAccount) {
  return {
    token_url: auth.token_url ?? '',
    scopes: auth.scopes,
    token_params: auth.token_params,
    ...(auth.token_path !== '' && { token_members: { access_token: auth.token_path } }),
  };
}

function jwt(auth: CustomServiceAccount) {
  return {
    issuer: '{client_id}',
    key_id: '{key_id}',
    ...(auth.audience !== '' && { audience: auth.audience }),
    ...(auth.algorithm !== null && { algorithm: auth.algorithm }),
    lifetime_seconds: auth.lifetime_seconds,
    issued_back_seconds: auth.issued_back_seconds,
    claims: auth.claims,
    thumbprint: auth.thumbprint,
  };
}

function signing({ thumbprint }: CustomServiceAccount) {
  return [
    ...(thumbprint === 'none' ? [] : [CERTIFICATE]),
    {
      name: 'private_key',
      label: 'Private key (PEM)',
      kind: 'file',
      ...(thumbprint !== 'none' && { help: 'Of this certificate. Not needed with a PKCS#12 file.' }),
    },
    { name: 'passphrase', label: 'Passphrase of the key', required: false },
    { name: 'key_id', label: 'Key id', required: false, secret: false },
  ];
}

function googleKey(auth: CustomServiceAccount) {
  return {
    kind: auth.kind,
    token_url: auth.token_url ?? GOOGLE_TOKEN_URL,
    scopes: auth.scopes,
    ...(auth.audience !== '' && {
      target_audience: auth.audience,
      token_members: { access_token: 'id_token' },
      access_token_ttl_seconds: 3_600,
    }),
    fields: [
      { name: 'key_file', label: 'Key file (JSON)', kind: 'file' },
      {
        name: 'subject',
        label: 'Act for',
        help: 'The e-mail address of the person it acts for, where it does.',
        required: false,
        secret: false,
      },
    ],
  };
}

function awsKey(auth: CustomServiceAccount) {
  const url = stsUrlOf(auth);
  return {
    kind: auth.kind,
    signing: {
      service: auth.service,
      region: auth.region,
      payload: auth.is_body_signed ? 'hashed' : 'unsigned',
      escape_path: auth.is_path_escaped_twice ? 'twice' : 'once',
    },
    ...(url !== null && { assume_role: { url, region: auth.region } }),
    fields: [
      { name: 'access_key_id', label: 'Access key ID', secret: false },
      { name: 'secret_access_key', label: 'Secret access key' },
      { name: 'session_token', label: 'Session token', required: false },
      ...(url === null ? [] : ROLE_FIELDS),
    ],
  };
}

const CLIENT_ID = { name: 'client_id', label: 'Client id (issuer)', secret: false };
const ISSUER = { name: 'client_id', label: 'Issuer', required: false, secret: false };
const SUBJECT = {
  name: 'subject',
  label: 'Subject',
  help: 'Whom it acts for; left empty: the client itself.',
  required: false,
  secret: false,
};
const CERTIFICATE = {
  name: 'certificate',
  label: 'Certificate',
  help: 'PEM, or a PKCS#12 file (.pfx, .p12) that holds the private key as well.',
  kind: 'file',
};
const ROLE_FIELDS = [
  { name: 'role_arn', label: 'Role to take on (ARN)', required: false, secret: false },
  { name: 'external_id', label: 'External ID', required: false, secret: false },
  { name: 'session_name', label: 'Session name', required: false, secret: false },
];
