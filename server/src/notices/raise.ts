import type { NoticeId } from '@keyrail/contract/ids';
import { newId } from '../lib/id.ts';
import type { Tx } from '../lib/tx.ts';
import { announceDue, insertDeliveries } from './delivery-store.ts';
import { isForAdmins, PARTLY, type Subject } from './notice.ts';
import {
  endLesserTrouble,
  endOlderWarnings,
  endTrouble,
  endWarnings,
  findTrouble,
  insertNotice,
  keepTrouble,
  type NewNotice,
  type OpenTrouble,
  troublesSince,
} from './notice-store.ts';
import { DEFAULT_NOTICE_SETTINGS, type NoticeSettings } from './settings.ts';

/** Sentences for people, in plain words and without a secret: they go into mails and to other people's servers. */
interface Told {
  workspaceId: string;
  subject: Subject;
  /** Which end, or which trouble, of the subject: `credential`, `rotation`, `expired`. */
  about: string;
  /** "Hunter needs attention: Sales" */
  title: string;
  message: string;
  at: Date;
}

export interface Warning extends Told {
  kind: 'expires_soon';
  /** Subject, end and stage; the same event told twice, or by two processes, is one notice. At most 300 characters. */
  eventKey: string;
}

export interface Trouble extends Told {
  /** What people are told once it works again; null: nothing. */
  whenOver: { title: string; message: string } | null;
}

type Named = Pick<Subject, 'kind' | 'id'>;

export interface Recovery {
  workspaceId: string;
  subject: Named;
  at: Date;
  /** Somebody put it right, and it was checked: people are told at once. Else it must hold for a while first. */
  isProven: boolean;
}

const DAY_MS = 86_400_000;

/**
 * Something ends soon. In the transaction of the change, like audit's `record`: the notice and what is to be sent of it are
 * there when that commits, and not at all when it does not. False: it was told already.
 */
export async function raise(tx: Tx, warning: Warning): Promise<boolean> {
  const made = noticeOf(warning, warning.kind, warning.eventKey);
  if (!(await insertNotice(tx, made))) return false;
  await endOlderWarnings(tx, made);
  await deliver(tx, made);
  return true;
}

/** What was warned of does not come any more: it was replaced, or its date was taken away. Nobody is told. */
export async function putRight(
  tx: Tx,
  over: { workspaceId: string; subject: Named; kind: 'expires_soon'; about?: string; at: Date },
): Promise<void> {
  await endWarnings(tx, over.workspaceId, over.subject, over.about ?? null, over.at);
}

/**
 * Something stopped, or will not heal by itself. People are told once for each time: while it lasts, whatever else is found
 * changes the words of the notice there is; and what comes back before it was said to work again is the same trouble. Only
 * what stops everything is told besides what stopped a part.
 */
export async function needAttention(tx: Tx, trouble: Trouble): Promise<boolean> {
  if (await keepTrouble(tx, trouble)) return false;
  if (trouble.about !== PARTLY) await endLesserTrouble(tx, trouble, PARTLY);
  const made = noticeOf(trouble, 'needs_attention', newId('trouble', trouble.at.getTime()));
  // Somebody else may have found it at this very moment.
  if (!(await insertNotice(tx, { ...made, whenOver: trouble.whenOver }))) return false;
  await deliver(tx, made);
  return true;
}

/** Whether people were told of a trouble of this subject that lasts. */
export async function isTroubled(tx: Tx, workspaceId: string, subject: Named): Promise<boolean> {
  const trouble = await findTrouble(tx, workspaceId, subject);
  return trouble !== null && trouble.overAt === null;
}

/** It works again. Only who was told of the trouble is told of its end. */
export async function recover(
  tx: Tx,
  { workspaceId, subject, at, isProven }: Recovery,
  settings: Pick<NoticeSettings, 'recoveryHoldMs' | 'recoveryHoldAtMostMs'> = DEFAULT_NOTICE_SETTINGS,
): Promise<void> {
  const trouble = await findTrouble(tx, workspaceId, subject);
  if (trouble === null || trouble.overAt !== null) return;
  if (isProven || trouble.whenOver === null) {
    await endTrouble(tx, trouble, at, null);
    await tellRecovered(tx, trouble, at);
    return;
  }
  const lately = await troublesSince(tx, workspaceId, subject, new Date(at.getTime() - DAY_MS));
  const holdMs = settings.recoveryHoldMs * 4 ** Math.max(0, Math.min(lately, 10) - 1);
  const dueAt = new Date(at.getTime() + Math.min(holdMs, settings.recoveryHoldAtMostMs));
  await endTrouble(tx, trouble, at, dueAt);
}

/** Somebody has taken the matter into their own hands (disconnected, deleted): all about it is over, and nothing is sent. */
export async function letGo(
  tx: Tx,
  { workspaceId, subject, at }: { workspaceId: string; subject: Named; at: Date },
): Promise<void> {
  await endWarnings(tx, workspaceId, subject, null, at);
  const trouble = await findTrouble(tx, workspaceId, subject);
  if (trouble !== null) await endTrouble(tx, trouble, trouble.overAt ?? at, null);
}

/** The notice that a trouble is over; once for each. */
export async function tellRecovered(tx: Tx, trouble: OpenTrouble, at: Date): Promise<void> {
  if (trouble.whenOver === null) return;
  const made = noticeOf({ ...trouble, ...trouble.whenOver, at }, 'recovered', `recovered:${trouble.id}`);
  if (await insertNotice(tx, made)) await deliver(tx, made);
}

function noticeOf(told: Told, kind: NewNotice['kind'], eventKey: string): NewNotice {
  const { workspaceId, subject, about, title, message, at } = told;
  return {
    id: newId<NoticeId>('ntc', at.getTime()),
    workspaceId,
    kind,
    subject,
    about,
    eventKey,
    title,
    message,
    isForAdmins: isForAdmins(subject),
    at,
  };
}

async function deliver(tx: Tx, made: NewNotice): Promise<void> {
  if ((await insertDeliveries(tx, made)) > 0) await announceDue(tx);
}
