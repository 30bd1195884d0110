import type { AuditEntry } from '@keyrail/contract/audit';
import { exactTime } from '../../lib/format.ts';
import { statusWords } from '../../lib/words.ts';

/** The kinds of thing that can be asked for, as the first half of an action's name. */
export const kinds: readonly { value: string; label: string }[] = [
  { value: 'connection', label: 'Connections' },
  { value: 'connection_request', label: 'Requests for connections' },
  { value: 'oauth_app', label: 'Sign-in setups' },
  { value: 'withdrawal', label: 'Access left open' },
  { value: 'notification_channel', label: 'Places for notices' },
  { value: 'webhook', label: 'Webhooks' },
  { value: 'delivery', label: 'Sent notices' },
  { value: 'custom_integration', label: 'Custom connections' },
  { value: 'member', label: 'Members' },
  { value: 'invitation', label: 'Invitations' },
  { value: 'session', label: 'Sign-ins' },
  { value: 'token', label: 'API tokens' },
  { value: 'table', label: 'Tables' },
  { value: 'column', label: 'Columns' },
  { value: 'rows', label: 'Rows' },
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
  'connection.authorized': 'Signed in for the connection',
  'connection.address_changed': 'Changed the address, which wiped the secret of',
  'connection.address_followed': 'Followed a new address of',
  'connection.access_ends_soon': 'Gave notice that access ends soon:',
  'connection.access_withdrawn': 'Withdrew at the tool the access of',
  'connection.withdrawal_failed': 'Could not withdraw at the tool the access of',
  'connection.previous_destroyed': 'Destroyed the former credentials of',
  'connection.status_changed': 'Saw a change of',
  'connection.dates_changed': 'Changed the dates of',
  'connection.ended_as_copy': 'Ended here, as this database is a copy:',
  'oauth_app.created': 'Entered the sign-in setup of',
  'oauth_app.changed': 'Changed the sign-in setup of',
  'oauth_app.deleted': 'Deleted the sign-in setup of',
  'oauth_app.rotated': 'Replaced the client secret of',
  'oauth_app.rolled_back': 'Went back to the former client secret of',
  'oauth_app.previous_destroyed': 'Destroyed the former client secret of',
  'oauth_app.refused': 'Was refused with the sign-in setup of',
  'oauth_app.accepted_again': 'Was accepted again with the sign-in setup of',
  'withdrawal.dismissed': 'Dismissed the access left open of',
  'custom_integration.created': 'Made the custom connection',
  'custom_integration.changed': 'Changed the custom connection',
  'custom_integration.deleted': 'Deleted the custom connection',
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
  'table.created': 'Made the table',
  'table.renamed': 'Renamed the table',
  'table.imported': 'Imported into',
  'table.exported': 'Exported',
  'table.deleted': 'Deleted the table',
  'column.created': 'Added the column',
  'column.changed': 'Changed the column',
  'column.deleted': 'Deleted the column',
  'rows.created': 'Added rows to',
  'rows.changed': 'Changed rows of',
  'rows.deleted': 'Deleted rows of',
  'run.started': 'Started a run of',
  'run.paused': 'Paused a run of',
  'run.resumed': 'Resumed a run of',
  'run.cancelled': 'Cancelled a run of',
  'notification_channel.created': 'Added a place for notices:',
  'notification_channel.changed': 'Changed the place for notices',
  'notification_channel.deleted': 'Deleted the place for notices',
  'notification_channel.stopped': 'Stopped, as nothing arrived:',
  'notification_channel.tested': 'Sent a test to',
  'webhook.created': 'Added the webhook',
  'webhook.changed': 'Changed the webhook',
  'webhook.deleted': 'Deleted the webhook',
  'webhook.stopped': 'Stopped, as nothing arrived:',
  'webhook.tested': 'Sent a test to the webhook',
  'webhook.secret_rotated': 'Replaced the secret of the webhook',
  'delivery.resent': 'Sent again:',
  'workspace.changed': 'Changed the workspace',
  'workspace.created': 'Made the workspace',
};

export const deedOf = (action: string): string =>
  deeds[action] ?? action.replace('.', ' ').replaceAll('_', ' ');

/** Names of changed fields, counts, states; ids and fingerprints are for programs. The server puts no secret here. */
export function detailOf({ detail }: AuditEntry): string {
  return Object.entries(detail)
    .filter(([name, value]) => !isEmpty(value) && !FOR_PROGRAMS.test(name))
    .map(([name, value]) => `${names[name] ?? name.replaceAll('_', ' ')}: ${wordsOf(value)}`)
    .join(' · ');
}

const FOR_PROGRAMS = /(_ids?|^fingerprint(_before)?|^method|^verdict)$/;

const names: Record<string, string> = {
  credential_version: 'credential',
  ends_at: 'ends',
  expires_at: 'ends',
  from: 'before',
  scopes: 'may use',
  to: 'now',
};

const isEmpty = (value: AuditEntry['detail'][string]): boolean =>
  value === null || value === '' || value === 0 || (Array.isArray(value) && value.length === 0);

function wordsOf(value: AuditEntry['detail'][string]): string {
  if (Array.isArray(value)) return value.map(wordsOf).join(', ');
  if (typeof value === 'string') return saidOf(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Reasons as the server names them. */
const reasons: Record<string, string> = {
  access_ends: 'the access ends',
  renewal_interrupted: 'a renewal was interrupted and its answer lost',
};

function saidOf(text: string): string {
  if (Object.hasOwn(reasons, text)) return reasons[text] ?? text;
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return exactTime(text);
  const status = Object.entries(statusWords).find(([name]) => name === text);
  return status === undefined ? text : status[1].words;
}
