import type { UserId } from '@keyrail/contract/ids';

/** A person signed in in a browser, before it is said in which workspace they act. */
export interface Visitor {
  sessionId: string;
  userId: UserId;
  name: string;
  email: string;
}

/** Where a request comes from. */
export interface Client {
  /** The peer's address, through trusted proxies only. */
  ip: string;
  userAgent: string;
}
