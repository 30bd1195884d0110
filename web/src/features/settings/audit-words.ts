import type { AuditEntry } from '@keyrail/contract/audit';

/** The kinds of thing that can be asked for, as the first half of an action's name. */
export const kinds: readonly { value: string; label: string }[] = [
  { value: 'connection', label: 'Connections' },
  { value: 'connection_request', label: 'Requests for connections' },
  { value: 'oauth_app', label: 'Sign-in setups' },
  { value: 'custom_integration', label: 'Custom connections' },
  { value: 'member', label: 'Members' },
  { value: 'invitation', label: 'Invitations' },
  { value: 'session', label: 'Sign-ins' },
  { value: 'token', label: 'API tokens' },
  { value: 'table', label: 'Tables' },
  { value: 'column', label: 'Columns' },
  { value: 'run', label: 'Runs' },
  { value: 'workspace', label: 'Workspace' },
];

/** What was done, to be followed by the name of the thing. Others are read out of the action itself. */
const deeds: Record<string, string> = {
  'connection.created': 'Added the connection',
  'connection.rotated': 'Replaced the credentials of',
  'connection.rolled_back': 'Went back to the former credentials of',
  'connection.reconnected': 'Reconnected',
  'connection.disconnected': 'Disconnected',
  'connection.deleted': 'Deleted the connection',
  'connection.renamed': 'Renamed the connection',
  'connection.made_default': 'Made the default:',
  'connection.credentials_read': 'Read the credentials of',
  'connection_request.created': 'Asked for a connection to',
  'connection_request.done': 'Fulfilled the request for',
  'connection_request.declined': 'Declined the request for',
  'invitation.created': 'Invited',
  'invitation.revoked': 'Revoked the invitation for',
  'member.joined': 'Joined:',
  'member.left': 'Left:',
  'member.removed': 'Removed',
  'member.role_changed': 'Changed the role of',
  'session.signed_in': 'Signed in:',
  'session.sign_in_failed': 'Gave a wrong password for',
  'token.created': 'Made the API token',
  'token.revoked': 'Revoked the API token',
  'workspace.changed': 'Changed the workspace',
  'workspace.created': 'Made the workspace',
};

export const deedOf = (action: string): string =>
  deeds[action] ?? action.replace('.', ' ').replaceAll('_', ' ');

/** Names of changed fields, counts, states; ids and fingerprints are for programs. The server puts no secret here. */
export function detailOf({ detail }: AuditEntry): string {
  return Object.entries(detail)
    .filter(([name, value]) => !isEmpty(value) && !/(_ids?|fingerprint)$/.test(name))
    .map(([name, value]) => `${name.replaceAll('_', ' ')}: ${wordsOf(value)}`)
    .join(' · ');
}

const isEmpty = (value: AuditEntry['detail'][string]): boolean =>
  value === null || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);

function wordsOf(value: AuditEntry['detail'][string]): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
