import { z } from 'zod';

/**
 * Ids: a prefix that says what the thing is, `_`, and 26 characters of lower-case base32 (Crockford's
 * alphabet) over a UUIDv7. The alphabet keeps its order in ASCII, so ids sort by the time they were made.
 */
const idOf = <Prefix extends string>(prefix: Prefix) =>
  z
    .string()
    .regex(
      new RegExp(`^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`),
      `expected an id that starts with ${prefix}_`,
    )
    .brand<Prefix>();

export const workspaceId = idOf('wsp');
export const userId = idOf('usr');
export const connectionId = idOf('con');
export const tableId = idOf('tbl');
export const columnId = idOf('col');
export const rowId = idOf('row');
export const runId = idOf('run');
export const tokenId = idOf('tok');
export const oauthAppId = idOf('app');
export const authorizationId = idOf('aut');
export const customIntegrationId = idOf('cus');
export const invitationId = idOf('inv');
export const connectionRequestId = idOf('req');
export const withdrawalId = idOf('wdr');
export const noticeId = idOf('ntc');
export const channelId = idOf('nch');
export const webhookId = idOf('hook');
export const deliveryId = idOf('dlv');

export type WorkspaceId = z.infer<typeof workspaceId>;
export type UserId = z.infer<typeof userId>;
export type ConnectionId = z.infer<typeof connectionId>;
export type TableId = z.infer<typeof tableId>;
export type ColumnId = z.infer<typeof columnId>;
export type RowId = z.infer<typeof rowId>;
export type RunId = z.infer<typeof runId>;
export type TokenId = z.infer<typeof tokenId>;
export type OAuthAppId = z.infer<typeof oauthAppId>;
export type AuthorizationId = z.infer<typeof authorizationId>;
export type CustomIntegrationId = z.infer<typeof customIntegrationId>;
export type InvitationId = z.infer<typeof invitationId>;
export type ConnectionRequestId = z.infer<typeof connectionRequestId>;
export type WithdrawalId = z.infer<typeof withdrawalId>;
export type NoticeId = z.infer<typeof noticeId>;
export type ChannelId = z.infer<typeof channelId>;
export type WebhookId = z.infer<typeof webhookId>;
export type DeliveryId = z.infer<typeof deliveryId>;
