import { isSamePlace, type Place } from './place.ts';

/**
 * Why nothing is sent.
 *
 *   moved             the database was restored from a dump, made from another one, or its folder was copied
 *   unknown_machine   nobody has said that this machine works for this instance
 *   other_instance    KEYRAIL_INSTANCE_ID names another one
 */
export type Because = 'moved' | 'unknown_machine' | 'other_instance';

export type Judgement = { kind: 'confirmed' } | { kind: 'quarantined'; because: Because };

export interface Evidence {
  id: string;
  /** Where it ran when somebody last said so, and where it runs. */
  known: Place;
  here: Place;
  /** KEYRAIL_INSTANCE_ID. */
  setting: string | null;
  /** The file of this machine is there. */
  isOnFile: boolean;
  /** This process was confirmed for this instance before. */
  isConfirmedAlready: boolean;
  /** An operator has decided since this process last looked. */
  isDecidedSince: boolean;
  /** A confirmed process works on this very database right now: this one is another of the same. */
  isVouched: boolean;
  /** The id is younger than a minute: processes that start together on a new database. */
  isJustMade: boolean;
}

/** Whether this process may act for the instance that the database says it is. */
export function judge(evidence: Evidence): Judgement {
  const { id, setting } = evidence;
  if (setting !== null && setting !== id) return { kind: 'quarantined', because: 'other_instance' };
  if (!isSamePlace(evidence.known, evidence.here)) return { kind: 'quarantined', because: 'moved' };
  const isKnownHere =
    setting === id ||
    evidence.isOnFile ||
    evidence.isConfirmedAlready ||
    evidence.isDecidedSince ||
    evidence.isVouched ||
    evidence.isJustMade;
  return isKnownHere ? { kind: 'confirmed' } : { kind: 'quarantined', because: 'unknown_machine' };
}
