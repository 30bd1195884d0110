import { realpathSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config.ts';
import type { Database } from '../db/open.ts';
import type { InstanceDeps } from '../instance/instance.ts';
import { machineFile } from '../instance/machine-file.ts';
import { instanceStore } from '../instance/store.ts';

/** What tells this instance from a copy of it: for the server, and for the operator's commands. */
export function instanceDeps(
  config: Pick<Config, 'databaseUrl' | 'dataDir' | 'masterKeyFile' | 'instanceId'>,
  db: Pick<Database, 'system'>,
): Pick<InstanceDeps, 'store' | 'file' | 'setting' | 'folder'> {
  return {
    store: instanceStore(db.system),
    // Beside the key file: outside of the data, and made for what a copy of the data must not have.
    file: machineFile(dirname(config.masterKeyFile)),
    setting: config.instanceId,
    folder: config.databaseUrl === null ? realpathSync(config.dataDir) : null,
  };
}
