/** Which setup, and whose. What is known of an older secret (version) says nothing of a newer one. */
export interface SetupPlace {
  setUpBy: 'workspace' | 'operator';
  workspaceId: string;
  integration: string;
  version: number;
}

/** What is known of setups that a provider refuses: for all connections under one, in all processes. */
export interface RefusalStore {
  /** False: that was known, or another secret is there by now. */
  mark(place: SetupPlace, refused: Refused): Promise<boolean>;
  /**
   * The right to try it once more, which one connection has for each step: whoever comes first, but not the same as before
   * while there may be another, since what was refused may have been wrong with that one alone.
   */
  claimTrial(place: SetupPlace, trial: Trial): Promise<boolean>;
  /** It works again. False: that was known. */
  clear(place: SetupPlace): Promise<boolean>;
  /** The workspaces with connections that people signed in for, as far as they have no setup of their own. */
  usersOf(integration: string): Promise<string[]>;
}

export interface Refused {
  words: string | null;
  /** The connection. */
  by: string;
  at: Date;
  retryAt: Date;
}

export interface Trial {
  by: string;
  now: Date;
  nextAt: Date;
  /** A trial that was due then already may be the same connection's again. */
  othersFirstUntil: Date;
}
