import type { TokenId, UserId, WorkspaceId } from '@keyrail/contract/ids';
import type { Role, Scope } from '@keyrail/contract/people';

/** Who is asking, in which workspace, and how far they may go. Every request but the few public ones has one. */
export interface Who {
  workspaceId: WorkspaceId;
  /** Null only for a token whose maker is gone. */
  userId: UserId | null;
  /** Set when an API token asks instead of a browser's session. */
  tokenId: TokenId | null;
  role: Role;
  /** What the role allows, narrowed by the token's own scopes. */
  scopes: ReadonlySet<Scope>;
  /** The only connections a bound token may use; null: all. */
  connectionIds: ReadonlySet<string> | null;
  /** As audit entries and timelines show it: "Jane Doe", "token CI". */
  label: string;
  /** The peer's address, through trusted proxies only. */
  ip: string;
}
