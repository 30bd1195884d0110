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
        { name: 'certificate', label: 'Client certificate (PEM)', kind: 'file' },
        { name: 'private_key', label: 'Private key (PEM)', kind: 'file' },
        { ...secret('passphrase', 'Passphrase of the key'), isOptional: true },
        { name: 'authority', label: "The server's own authority (PEM)", kind: 'file', isOptional: true },
      ];
    case 'none':
      return [];
  }
}

function serviceFields({ kind }: DraftAuth): EnteredField[] {
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
      ];
    default:
      return [
        { name: 'client_id', label: 'Client id (issuer)', kind: 'text' },
        { name: 'subject', label: 'Subject', kind: 'text', isOptional: true },
        { name: 'private_key', label: 'Private key (PEM)', kind: 'file' },
        { ...secret('passphrase', 'Passphrase of the key'), isOptional: true },
        { name: 'key_id', label: 'Key id', kind: 'text', isOptional: true },
      ];
  }
}

const numbered = (index: number): string => (index === 0 ? 'api_key' : `api_key_${index + 1}`);
