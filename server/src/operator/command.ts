import type { Config } from '../config.ts';
import type { Database } from '../db/open.ts';
import type { Clock } from '../lib/clock.ts';

export interface OperatorDeps {
  db: Database;
  config: Config;
  clock: Clock;
}

/** One command of the operator. A mistake of the person's is thrown as `StartRefused`, in words. */
export interface OperatorCommand {
  /** `['token', 'create']`. */
  words: readonly string[];
  usage: string;
  /** One or two sentences; the documentation is made from it. */
  about: string;
  options: Record<string, { type: 'string' | 'boolean' }>;
  /**
   * Answers what is printed: alone on standard output, so that a script can take it; and what the command ends with, where
   * that is not 0. A switch that is given arrives as `yes`.
   */
  run(deps: OperatorDeps, values: Record<string, string | undefined>): Promise<string | Printed>;
}

export interface Printed {
  text: string;
  code: number;
}

/** A command about a file, which takes care of its database itself, if it needs one: nothing is migrated for it. */
export interface FileCommand extends Pick<OperatorCommand, 'words' | 'usage' | 'about'> {
  run(
    deps: Pick<OperatorDeps, 'config' | 'clock'> & { announce: (message: string) => void },
    file: string,
  ): Promise<string | Printed>;
}

/** A command about files and folders that needs no database at all. */
export interface FilesCommand extends Pick<OperatorCommand, 'words' | 'usage' | 'about'> {
  run(deps: Pick<OperatorDeps, 'config'>, args: readonly string[]): Promise<Printed>;
}
