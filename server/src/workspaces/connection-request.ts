import type { ConnectionRequestId, UserId } from '@keyrail/contract/ids';

/** An editor asks for a tool to be connected:  open ── a connection is added, or an admin says so ──> done | declined */
export interface ConnectionRequest {
  id: ConnectionRequestId;
  integration: string;
  note: string | null;
  state: 'open' | 'done' | 'declined';
  requestedBy: string;
  requestedById: UserId | null;
  createdAt: Date;
  decidedBy: string | null;
  decidedAt: Date | null;
  connectionId: string | null;
}
