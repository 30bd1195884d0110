import { VAULT_CHANGED } from './announce.ts';
import type { Keyring } from './keyring.ts';
import type { MasterKeys } from './master-keys.ts';

interface WatchDeps {
  masterKeys: MasterKeys;
  keyring: Pick<Keyring, 'forget'>;
  listener: {
    listen(channel: string, onMessage: (payload: string) => void, onGap?: () => void): Promise<unknown>;
    run(statement: string): Promise<void>;
  };
  log: { warn(fields: object, message: string): void };
}

/** What a connection that listens is called in the database; the master keys that its process holds follow. */
export const LISTENER_NAME = 'keyrail listen';

/**
 * Hears that keys have changed, and says which master keys this process holds, where `key rotate master` looks: in the name of
 * its connection, which goes when the process does.
 */
export async function watchVault({ masterKeys, keyring, listener, log }: WatchDeps): Promise<void> {
  const say = async () => {
    // Names are cut at 63 bytes; more than two keys at a time nobody needs.
    const ids = masterKeys
      .held()
      .map(({ id }) => id)
      .slice(0, 2);
    await listener.run(`set application_name = '${LISTENER_NAME} ${ids.join('+')}'`);
  };
  const lookAgain = () => {
    masterKeys
      .look()
      .then(say)
      .catch((error: unknown) => log.warn({ err: error }, 'could not look at the master keys again'));
  };
  await listener.listen(
    VAULT_CHANGED,
    (workspaceId) => {
      keyring.forget(workspaceId === '' ? null : workspaceId);
      if (workspaceId === '') lookAgain();
    },
    () => {
      keyring.forget(null);
      lookAgain();
    },
  );
  await say();
}
