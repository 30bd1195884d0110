/**
 * What outbound knows as the version of a credential. Of a plain credential it is its own version; of one that is used
 * through tokens it tells the tokens apart, too, so that a refused one is followed by a newer one.
 */
const GENERATIONS = 2 ** 32;

export function tokenVersion(credentialVersion: number, generation: number): number {
  return credentialVersion * GENERATIONS + generation;
}

/** The version of the stored credential, of either kind. */
export function credentialVersionIn(version: number): number {
  return version < GENERATIONS ? version : Math.floor(version / GENERATIONS);
}

export function generationIn(version: number): number {
  return version % GENERATIONS;
}
