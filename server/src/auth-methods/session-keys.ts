import { z } from 'zod';

/** Temporary keys of AWS, which are used together: the access token of a connection that takes on a role. */
export interface SessionKeys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken: string;
}

const textShape = z.strictObject({
  access_key_id: z.string(),
  secret_access_key: z.string(),
  session_token: z.string(),
});

/** One text, so that they are sealed and replaced as one. */
export function sessionKeysText({ accessKeyId, secretAccessKey, sessionToken }: SessionKeys): string {
  return JSON.stringify({
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    session_token: sessionToken,
  });
}

/** By the names of the fields they would be entered in. */
export function sessionKeyFields(text: string): z.infer<typeof textShape> {
  return textShape.parse(JSON.parse(text));
}
