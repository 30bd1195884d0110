import { notice as noticeShape } from '@keyrail/contract/notices';
import { type Selectable, sql } from 'kysely';
import { queries } from '../db/open.ts';
import type { Notices } from '../db/schema.ts';
import type { Tx } from '../lib/tx.ts';
import { type Notice, PARTLY, type Subject } from './notice.ts';

export interface NewNotice extends Omit<Notice, 'overAt'> {
  about: string;
  eventKey: string;
  isForAdmins: boolean;
  /** Of a trouble: what people are told once it is over. */
  whenOver?: OpenTrouble['whenOver'];
}

/** A trouble that lasts, or that is over and was not said to be. */
export interface OpenTrouble {
  id: string;
  workspaceId: string;
  subject: Subject;
  about: string;
  overAt: Date | null;
  whenOver: { title: string; message: string } | null;
}

type Named = Pick<Subject, 'kind' | 'id'>;

/** False: this event is known, or another trouble of the subject is open. */
export async function insertNotice(tx: Tx, made: NewNotice): Promise<boolean> {
  const inserted = await queries(tx)
    .insertInto('notices')
    .values({
      id: made.id,
      workspace_id: made.workspaceId,
      kind: made.kind,
      subject_kind: made.subject.kind,
      subject_id: made.subject.id,
      subject_name: made.subject.name,
      integration: made.subject.integration,
      about: made.about,
      event_key: made.eventKey,
      title: made.title,
      message: made.message,
      for_admins: made.isForAdmins,
      at: made.at,
      recovery_title: made.whenOver?.title ?? null,
      recovery_message: made.whenOver?.message ?? null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Whether the subject's trouble is known, and no lesser one: then it lasts on, in the words of now. */
export async function keepTrouble(
  tx: Tx,
  {
    workspaceId,
    subject,
    about,
    title,
    message,
  }: Omit<NewNotice, 'id' | 'kind' | 'eventKey' | 'isForAdmins'>,
): Promise<boolean> {
  const kept = await queries(tx)
    .updateTable('notices')
    .set({
      ...{ about, title, message, subject_name: subject.name },
      ...{ over_at: null, recovery_due_at: null },
    })
    .where(sql<boolean>`(about <> ${PARTLY} or ${about} = ${PARTLY})`)
    .where('workspace_id', '=', workspaceId)
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .where('kind', '=', sql<string>`'needs_attention'`)
    .where((eb) => eb.or([eb('over_at', 'is', null), eb('recovery_due_at', 'is not', null)]))
    .executeTakeFirst();
  return Number(kept.numUpdatedRows) > 0;
}

/** Nobody else changes it until this transaction ends. */
export async function findTrouble(tx: Tx, workspaceId: string, subject: Named): Promise<OpenTrouble | null> {
  const row = await queries(tx)
    .selectFrom('notices')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .where('kind', '=', sql<string>`'needs_attention'`)
    .where((eb) => eb.or([eb('over_at', 'is', null), eb('recovery_due_at', 'is not', null)]))
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : troubleOf(row);
}

/** How many troubles the subject has had since then, this one among them. */
export async function troublesSince(
  tx: Tx,
  workspaceId: string,
  subject: Named,
  since: Date,
): Promise<number> {
  const { count } = await queries(tx)
    .selectFrom('notices')
    .select(sql<number>`count(*)::int`.as('count'))
    .where('workspace_id', '=', workspaceId)
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .where('kind', '=', sql<string>`'needs_attention'`)
    .where('at', '>=', since)
    .executeTakeFirstOrThrow();
  return count;
}

/** `recoveryDueAt`: when people are told; null: they are not, or were. */
export async function endTrouble(
  tx: Tx,
  { workspaceId, id }: Pick<OpenTrouble, 'workspaceId' | 'id'>,
  at: Date,
  recoveryDueAt: Date | null,
): Promise<void> {
  await queries(tx)
    .updateTable('notices')
    .set({ over_at: at, recovery_due_at: recoveryDueAt })
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .execute();
}

/** The open trouble of this name makes room for a worse one. */
export async function endLesserTrouble(
  tx: Tx,
  { workspaceId, subject, at }: Pick<NewNotice, 'workspaceId' | 'subject' | 'at'>,
  about: string,
): Promise<void> {
  const lesser = await findTrouble(tx, workspaceId, subject);
  if (lesser?.about === about) await endTrouble(tx, lesser, lesser.overAt ?? at, null);
}

/** The one of this id, if it is (still) time to say that it is over. Nobody else says so meanwhile. */
export async function lockDueRecovery(
  tx: Tx,
  workspaceId: string,
  id: string,
  now: Date,
): Promise<OpenTrouble | null> {
  const row = await queries(tx)
    .selectFrom('notices')
    .selectAll()
    .where('workspace_id', '=', workspaceId)
    .where('id', '=', id)
    .where('recovery_due_at', '<=', now)
    .forUpdate()
    .executeTakeFirst();
  return row === undefined ? null : troubleOf(row);
}

/** A newer warning of the same end takes the place of those before. */
export async function endOlderWarnings(tx: Tx, newer: NewNotice): Promise<void> {
  await endOpenWarnings(tx, newer.workspaceId, newer.subject, newer.about, newer.at, newer.id);
}

/** `about`: null: whatever they are about. */
export async function endWarnings(
  tx: Tx,
  workspaceId: string,
  subject: Named,
  about: string | null,
  at: Date,
): Promise<void> {
  await endOpenWarnings(tx, workspaceId, subject, about, at, null);
}

async function endOpenWarnings(
  tx: Tx,
  workspaceId: string,
  subject: Named,
  about: string | null,
  at: Date,
  except: string | null,
): Promise<void> {
  let query = queries(tx)
    .updateTable('notices')
    .set({ over_at: at })
    .where('workspace_id', '=', workspaceId)
    .where('subject_kind', '=', subject.kind)
    .where('subject_id', '=', subject.id)
    .where('kind', '=', sql<string>`'expires_soon'`)
    .where('over_at', 'is', null);
  if (about !== null) query = query.where('about', '=', about);
  if (except !== null) query = query.where('id', '!=', except);
  await query.execute();
}

type Row = Selectable<Notices>;

function troubleOf(row: Row): OpenTrouble {
  return {
    id: row.id,
    workspaceId: row.workspace_id,
    subject: subjectOf(row),
    about: row.about,
    overAt: row.over_at,
    whenOver:
      row.recovery_title === null || row.recovery_message === null
        ? null
        : { title: row.recovery_title, message: row.recovery_message },
  };
}

export function subjectOf(
  row: Pick<Row, 'subject_kind' | 'subject_id' | 'subject_name' | 'integration'>,
): Subject {
  return {
    kind: noticeShape.shape.subject.shape.kind.parse(row.subject_kind),
    id: row.subject_id,
    name: row.subject_name,
    integration: row.integration,
  };
}
