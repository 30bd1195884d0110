import type { Config } from '../config.ts';
import type { MasterKeySettings } from '../vault/master-keys.ts';

/** Where a server, and a command of the operator's, has its master keys from. */
export function masterKeySettings(
  config: Pick<Config, 'masterKey' | 'masterKeyNext' | 'masterKeyFile'>,
): MasterKeySettings {
  return {
    key: config.masterKey?.reveal(),
    nextKey: config.masterKeyNext?.reveal(),
    keyFile: config.masterKeyFile,
  };
}
