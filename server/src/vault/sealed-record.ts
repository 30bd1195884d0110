/**
 * Where a secret belongs. All of it is authenticated with the ciphertext, so that a record moved to another
 * workspace, row, version or purpose does not open.
 */
export interface SecretPlace {
  workspaceId: string;
  /** The id of the row that holds it, such as `con_…`. */
  recordId: string;
  version: number;
  /** What the secret is for: `credential`, `oauth_app`, … */
  purpose: string;
}

/** A secret as it is stored: `v1.<data key id>.<base64url of IV, ciphertext, tag>`. Put it into a text column. */
export type SealedRecord = string;

/** A record that does not open is an outcome, not a crash: it marks its connection and nothing else. */
export type OpenOutcome<T> = { kind: 'opened'; plaintext: T } | { kind: 'unreadable'; because: string };
