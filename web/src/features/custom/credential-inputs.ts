import type { DraftAuth } from './draft.ts';

/** What a connection of this description asks for; also what is entered to test it. */
export interface EnteredField {
  name: string;
  label: string;
  kind: 'secret' | 'text' | 'file';
  isOptional?: boolean;
  help?: string;
}

const secret = (name: string, label: string): EnteredField => ({ name, label, kind: 'secret' });

export function enteredFields(auth: DraftAuth): EnteredField[] {
  switch (auth.type) {
    case 'header':
      return auth.headers.map(({ label }, index) => secret(numbered(index), label || 'API key'));
    case 'query':
      return auth.parameters.map(({ value }, index) => secret(numbered(index), value || 'API key'));
    case 'bearer':
      return [secret('token', auth.label || 'API key')];
    case 'basic':
      return [
        { name: 'username', label: 'User name', kind: auth.isUsernameSecret ? 'secret' : 'text' },
        { ...secret('password', 'Password'), isOptional: auth.isUsernameSecret },
      ];
    case 'oauth2':
      return [
        {
          ...secret('access_token', 'Access token'),
          help: 'Only to test with. People sign in once this is saved.',
        },
      ];
    case 'oauth2_client_credentials':
      return [
        { name: 'client_id', label: 'Client id', kind: 'text' },
        secret('client_secret', 'Client secret'),
      ];
    case 'service_account':
      return serviceFields(auth);
    case 'certificate':
      return [
        { name: 'certificate', label: 'Client certificate (PEM, .p12 or .pfx)', kind: 'file' },
        {
          name: 'private_key',
          label: 'Private key (PEM)',
          kind: 'file',
          isOptional: true,
          help: 'Left out where the file of the certificate has its key in it, as a .p12 or .pfx file does.',
        },
        { ...secret('passphrase', 'Passphrase of the key'), isOptional: true },
        { name: 'authority', label: "The server's own authority (PEM)", kind: 'file', isOptional: true },
      ];
    case 'none':
      return [];
  }
}

function serviceFields({ kind, jwt, aws }: DraftAuth): EnteredField[] {
  switch (kind) {
    case 'google_service_account':
      return [
        { name: 'key_file', label: 'Key file (JSON)', kind: 'file' },
        { name: 'subject', label: 'Act for', kind: 'text', isOptional: true },
      ];
    case 'aws_access_key':
      return [
        { name: 'access_key_id', label: 'Access key ID', kind: 'text' },
        secret('secret_access_key', 'Secret access key'),
        { ...secret('session_token', 'Session token'), isOptional: true },
        ...(aws.hasRole ? roleFields : []),
      ];
    default:
      return [
        ...issuerOf(kind),
        ...(jwt.thumbprint === 'none'
          ? []
          : [{ name: 'certificate', label: 'Certificate (PEM or PKCS#12)', kind: 'file' as const }]),
        {
          name: 'private_key',
          label: 'Private key (PEM)',
          kind: 'file',
          isOptional: jwt.thumbprint !== 'none',
        },
        { ...secret('passphrase', 'Passphrase of the key'), isOptional: true },
        { name: 'key_id', label: 'Key id', kind: 'text', isOptional: true },
      ];
  }
}

/** Who signs, and for whom. */
function issuerOf(kind: DraftAuth['kind']): EnteredField[] {
  const isNamed = kind === 'jwt_bearer' || kind === 'client_assertion';
  return [
    isNamed
      ? { name: 'client_id', label: 'Client id (issuer)', kind: 'text' }
      : { name: 'client_id', label: 'Issuer', kind: 'text', isOptional: true },
    ...(kind === 'client_assertion'
      ? []
      : [{ name: 'subject', label: 'Subject', kind: 'text' as const, isOptional: true }]),
  ];
}

const roleFields: EnteredField[] = [
  { name: 'role_arn', label: 'Role to take on (ARN)', kind: 'text', isOptional: true },
  { name: 'external_id', label: 'External ID', kind: 'text', isOptional: true },
  { name: 'session_name', label: 'Session name', kind: 'text', isOptional: true },
];

const numbered = (index: number): string => (index === 0 ? 'api_key' : `api_key_${index + 1}`);
