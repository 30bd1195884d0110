import type { CustomDefinition } from '@keyrail/contract/custom';
import type { CustomIntegrationId } from '@keyrail/contract/ids';

/** An integration that a workspace described itself. */
export interface CustomIntegration {
  id: CustomIntegrationId;
  workspaceId: string;
  /** What everything calls it; it stays when the name changes. */
  slug: string;
  described: CustomDefinition;
  /** Made anew whenever credentials would go to another place. */
  addressStamp: string;
  /** Grows with each change (ETag). */
  version: number;
  createdBy: string | null;
  createdAt: Date;
  updatedBy: string | null;
  updatedAt: Date;
}
