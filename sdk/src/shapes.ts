/** The API's shapes as types alone, so that nothing of the schemas reaches a browser. */
import type * as connections from '@keyrail/contract/connections';
import type * as expiries from '@keyrail/contract/expiries';
import type * as integrations from '@keyrail/contract/integrations';
import type * as notices from '@keyrail/contract/notices';
import type * as oauth from '@keyrail/contract/oauth';
import type * as people from '@keyrail/contract/people';
import type * as runs from '@keyrail/contract/runs';
import type * as setupCheck from '@keyrail/contract/setup-check';
import type * as tables from '@keyrail/contract/tables';
import type * as withdrawals from '@keyrail/contract/withdrawals';
import type { z } from 'zod';

type In<Shape extends z.ZodType> = z.input<Shape>;
type Out<Shape extends z.ZodType> = z.output<Shape>;

export type Setup = In<typeof people.setup>;
export type SetupState = Out<typeof people.setupState>;
export type SignIn = In<typeof people.signIn>;
export type Session = Out<typeof people.session>;
export type Workspace = Out<typeof people.workspace>;
export type UpdateWorkspace = In<typeof people.updateWorkspace>;
export type DeletedWorkspace = people.DeletedWorkspace;
export type DeleteWorkspace = In<typeof people.deleteWorkspace>;
export type Member = Out<typeof people.member>;
export type Leaving = Out<typeof people.leaving>;
export type CreateInvitation = In<typeof people.createInvitation>;
export type CreatedInvitation = Out<typeof people.createdInvitation>;
export type Invitation = Out<typeof people.invitation>;
export type InvitationState = Out<typeof people.invitationState>;
export type AcceptInvitation = In<typeof people.acceptInvitation>;
export type AcceptedInvitation = Out<typeof people.acceptedInvitation>;
export type CreateConnectionRequest = In<typeof people.createConnectionRequest>;
export type ConnectionRequest = Out<typeof people.connectionRequest>;
export type Role = Out<typeof people.role>;
export type Scope = Out<typeof people.scope>;
export type CreateToken = In<typeof people.createToken>;
export type ApiToken = Out<typeof people.apiToken>;
export type CreatedToken = Out<typeof people.createdToken>;

export type IntegrationsQuery = In<typeof integrations.integrationsQuery>;
export type IntegrationList = Out<typeof integrations.integrationList>;
export type Recognise = In<typeof integrations.recognise>;
export type FieldChoicesAsk = In<typeof integrations.fieldChoicesAsk>;

export type AuthorizationMessage = Out<typeof oauth.authorizationMessage>;
export type PutOAuthApp = In<typeof oauth.putOAuthApp>;
export type WithdrawalsQuery = In<typeof withdrawals.withdrawalsQuery>;
export type SetupCheckAsk = In<typeof setupCheck.setupCheckAsk>;

export type ExpiriesQuery = In<typeof expiries.expiriesQuery>;
export type NoticesQuery = In<typeof notices.noticesQuery>;
export type NoticeList = Out<typeof notices.noticeList>;
export type NotificationChannelList = Out<typeof notices.notificationChannelList>;
export type UpdateNotificationChannel = In<typeof notices.updateNotificationChannel>;
export type CreateWebhook = In<typeof notices.createWebhook>;
export type CreatedWebhook = Out<typeof notices.createdWebhook>;
export type UpdateWebhook = In<typeof notices.updateWebhook>;
export type DeliveriesQuery = In<typeof notices.deliveriesQuery>;
export type DeliveryList = Out<typeof notices.deliveryList>;

export type CreateConnection = In<typeof connections.createConnection>;
export type CreatedConnection = Out<typeof connections.createdConnection>;
export type CheckedConnection = Out<typeof connections.checkedConnection>;
export type UpdatedConnection = Out<typeof connections.updatedConnection>;
export type UpdateConnection = In<typeof connections.updateConnection>;
export type ReconnectConnection = In<typeof connections.reconnectConnection>;
export type ConnectionsQuery = In<typeof connections.connectionsQuery>;
export type ConnectionCredentials = Out<typeof connections.connectionCredentials>;
export type ConnectionUsage = Out<typeof connections.connectionUsage>;
export type UsageBucket = Out<typeof connections.usageBucket>;

export type CreateTable = In<typeof tables.createTable>;
export type CreateColumn = In<typeof tables.createColumn>;
export type UpdateColumn = In<typeof tables.updateColumn>;
export type ColumnActionInput = In<typeof tables.columnAction>;
export type InputMappingInput = In<typeof tables.inputMapping>;
export type RowsQuery = In<typeof tables.rowsQuery>;
export type CreateRows = In<typeof tables.createRows>;
export type UpdateRows = In<typeof tables.updateRows>;
export type PreviewQuery = In<typeof tables.previewQuery>;
export type CsvColumnPlanInput = In<typeof tables.csvColumnPlan>;
export type ImportQuery = In<typeof tables.importQuery>;

export type CreateRun = In<typeof runs.createRun>;
export type RunEstimate = Out<typeof runs.runEstimate>;
export type CreateTryout = In<typeof runs.createTryout>;
export type Tryout = Out<typeof runs.tryout>;
export type RunCellsEvent = Out<typeof runs.runEvents.cells>;
