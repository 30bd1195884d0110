import type { SetupFinding } from '@keyrail/contract/setup-check';
import { z } from 'zod';
import type { Standing } from './instance.ts';

export type Finding = SetupFinding;

/** What a request that reached this server brought of the way it came. */
export const seenRequest = z.object({
  /** Who opened the connection: a reverse proxy, or the browser itself. */
  peer: z.string(),
  host: z.string().nullable(),
  forwardedFor: z.string().nullable(),
  forwardedProto: z.string().nullable(),
  forwardedHost: z.string().nullable(),
});
export type SeenRequest = z.output<typeof seenRequest>;

/** What came of asking the server's own public address. */
export type SelfReach =
  /** There is none: the server is for its own machine. */
  | { kind: 'not_asked' }
  /** A process on this database answered. */
  | { kind: 'ours'; skewMs: number | null; validUntil: Date | null }
  | { kind: 'somebody_else'; status: number; location: string | null; validUntil: Date | null }
  | {
      kind: 'bad_certificate';
      because: 'expired' | 'wrong_name' | 'self_signed' | 'untrusted';
      detail: string;
    }
  | { kind: 'unreachable'; detail: string };

export interface SetupOfTool {
  /** As people read it. */
  name: string;
  /** The tool refuses it, since then. */
  refused: { message: string; since: Date } | null;
  /** What was to be registered at the tool when it was entered; null: not known. */
  enteredUnder: string | null;
  redirectUri: string;
}

/** Everything the findings are made from, whoever gathers it: the API of a running server, or the command line. */
export interface SetupFacts {
  now: Date;
  /** KEYRAIL_PUBLIC_URL. */
  publicUrl: string | null;
  /** Where people open it: the same, or the loopback address. */
  ownUrl: string;
  trustedProxies: readonly string[];
  /** Tools that people sign in to and that take no redirect URI without https, by name. */
  httpsTools: readonly string[];
  self: SelfReach;
  /** Of the request to the public address where it came through, else of the one that asks; null on the command line. */
  seen: SeenRequest | null;
  /** Whether a server works on this database at all. */
  isServing: boolean;
  /** When `keyrail backup` made the last one; null: none is known. */
  lastBackupAt: Date | null;
  /** Null on the command line. */
  browser: { origin: string; skewMs: number | null } | null;
  /** The database's clock less ours. */
  databaseSkewMs: number;
  /** The tools' clocks less ours; null: none was called for a while. */
  toolsSkew: { medianMs: number; hosts: number } | null;
  setups: readonly SetupOfTool[];
  masterKey:
    | { kind: 'setting' }
    | { kind: 'file'; isThere: boolean; isReadableByOthers: boolean; isAmongData: boolean };
  instance: Standing | null;
  catalog: {
    integrations: number;
    /** KEYRAIL_CATALOG_DIR is set. */
    hasOwnFolder: boolean;
    /** Of files that are left out. */
    problems: readonly { file: string; line: number; column: number; message: string }[];
    /** What there are connections of, and no file. */
    missing: readonly { integration: string; connections: number }[];
    /** What the processes that run have read. `readings`: how many different ones; `others`: processes with another than is looked at here. */
    running: { processes: number; readings: number; others: number };
  };
  /** Connections whose stored credentials were found not to open. */
  damagedConnections: number;
  /** KEYRAIL_INSTANCE_ID. */
  instanceSetting: string | null;
}
