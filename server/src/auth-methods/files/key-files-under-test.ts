import { readFileSync } from 'node:fs';

/** A file that another program wrote; see the README beside them. */
export function keyFileBytes(name: string): Buffer {
  return readFileSync(new URL(`../../../test/key-files/${name}`, import.meta.url));
}

export const pemFile = (name: string): string => keyFileBytes(name).toString('utf8');
/** As the page sends a file that is no text. */
export const binaryFile = (name: string): string => keyFileBytes(name).toString('base64');

export const PASSPHRASE = 'fake passphrase 0001';
