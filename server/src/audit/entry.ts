export interface NewEntry {
  workspaceId: string;
  actorKind: 'user' | 'token' | 'keyrail' | 'operator';
  actorId: string | null;
  actorLabel: string;
  ip: string | null;
  action: string;
  subject: { kind: string; id: string; name: string | null };
  detail: Record<string, unknown>;
}

export interface Entry {
  id: string;
  at: Date;
  actorKind: NewEntry['actorKind'];
  actorId: string | null;
  actorLabel: string;
  ip: string | null;
  action: string;
  subjectKind: string;
  subjectId: string;
  subjectName: string | null;
  detail: Record<string, unknown>;
}

/** What is asked for; undefined: any. */
export interface EntriesFilter {
  /** An id, or `keyrail` or `operator`. */
  actor: string | undefined;
  /** An id. */
  subject: string | undefined;
  /** `connection.created`, or `connection` for all deeds. */
  action: string | undefined;
}
