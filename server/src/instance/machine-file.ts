import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The word of this machine that it works for an instance: one small file for each, outside of any data folder, so that
 * neither a dump nor a copied folder brings it along. Processes of one machine share it, and several databases do not clash.
 */
export interface MachineFile {
  path(id: string): string;
  isThere(id: string): Promise<boolean>;
  /** False: it could not be written. */
  write(id: string): Promise<boolean>;
}

/** `folder`: that of the master key's file. */
export function machineFile(folder: string): MachineFile {
  const path = (id: string) => join(folder, `instance-${id}`);
  return {
    path,
    isThere: (id) =>
      readFile(path(id), 'utf8').then(
        (text) => text.trim() === id,
        () => false,
      ),
    write: async (id) => {
      try {
        await mkdir(folder, { recursive: true, mode: 0o700 });
        await writeFile(path(id), `${id}\n`, { mode: 0o600 });
        return true;
      } catch {
        return false;
      }
    },
  };
}
