import { googleKeyFile } from '../service-accounts/google.ts';

/** The JSON key a person downloads from the Google Cloud console; the sandbox's own is made when it is first asked for. */
export function serviceAccountKey(): Record<string, string> {
  return googleKeyFile();
}
