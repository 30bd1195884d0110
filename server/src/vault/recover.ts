import { randomBytes } from 'node:crypto';
import { Secret } from '../lib/secret.ts';
import type { MasterKey } from './master-key.ts';
import { sealCanary } from './unlock.ts';

export interface RecoverStore {
  /**
   * In one transaction: the database is under this canary from now on, and every data key under another master key is current
   * no more, so that new ones are made. They stay: should the lost key be found, what is sealed under them opens again.
   */
  startOver(canary: { sealed: string; root: string }, masterKeyId: string): Promise<void>;
  tell(): Promise<void>;
}

/**
 * The master key is lost: the database gets a new one, under which everything that is entered from now on is sealed. What was
 * sealed before cannot be read, which no key of ours can change.
 */
export async function recover({ store }: { store: RecoverStore }, next: MasterKey): Promise<void> {
  await store.startOver(sealCanary(next, new Secret(randomBytes(32))), next.id);
  await store.tell();
}
