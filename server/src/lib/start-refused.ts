/**
 * The server cannot start, and a person can put it right. The message says what is wrong, why, and what to do;
 * it is printed as it stands, without a stack, and the process ends with exit code 1.
 */
export class StartRefused extends Error {
  override readonly name = 'StartRefused';
}
