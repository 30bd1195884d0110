import { randomBytes } from 'node:crypto';
import { newId } from '../lib/id.ts';
import { Secret } from '../lib/secret.ts';
import type { MasterKey } from './master-key.ts';
import { openWith } from './open.ts';
import { decodeRecord } from './record-format.ts';
import { sealWith } from './seal.ts';
import type { SecretPlace } from './sealed-record.ts';

/** A data key as it is stored: a sealed record under a master key. */
export interface WrappedKey {
  id: string;
  wrapped: string;
}

export function newDataKey(master: MasterKey, workspaceId: string): WrappedKey {
  const id = newId<string>('dk');
  return { id, wrapped: wrap(master, workspaceId, id, randomBytes(32).toString('base64')) };
}

/** The master key it needs; null: it is no sealed record. */
export function masterKeyIdOf({ wrapped }: Pick<WrappedKey, 'wrapped'>): string | null {
  return decodeRecord(wrapped)?.keyId ?? null;
}

/** Null: it does not open with this master key, or not for this workspace. */
export function unwrapDataKey(
  master: MasterKey,
  workspaceId: string,
  stored: WrappedKey,
): Secret<Buffer> | null {
  const text = unwrapped(master, workspaceId, stored);
  return text === null ? null : new Secret(Buffer.from(text, 'base64'));
}

/** The same key under another master key; null: it does not open with the first. */
export function rewrapDataKey(
  from: MasterKey,
  to: MasterKey,
  workspaceId: string,
  stored: WrappedKey,
): WrappedKey | null {
  const text = unwrapped(from, workspaceId, stored);
  return text === null ? null : { id: stored.id, wrapped: wrap(to, workspaceId, stored.id, text) };
}

function wrap(master: MasterKey, workspaceId: string, id: string, text: string): string {
  return sealWith({ id: master.id, key: wrapKey(master) }, placeOfKey(workspaceId, id), text);
}

function unwrapped(master: MasterKey, workspaceId: string, { id, wrapped }: WrappedKey): string | null {
  const parts = decodeRecord(wrapped);
  if (parts === null || parts.keyId !== master.id) return null;
  return openWith({ id: master.id, key: wrapKey(master) }, placeOfKey(workspaceId, id), parts.sealed);
}

const wrapKeys = new WeakMap<MasterKey, Secret<Buffer>>();

function wrapKey(master: MasterKey): Buffer {
  const key = wrapKeys.get(master) ?? master.derive('wrap data keys');
  wrapKeys.set(master, key);
  return key.reveal();
}

function placeOfKey(workspaceId: string, keyId: string): SecretPlace {
  return { workspaceId, recordId: keyId, version: 1, purpose: 'data key' };
}
