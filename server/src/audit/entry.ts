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
