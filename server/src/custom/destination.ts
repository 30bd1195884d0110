import type { CustomDefinition } from '@keyrail/contract/custom';
import type { CustomAuth } from '@keyrail/contract/custom-auth';
import { enteredNames } from './auth-of.ts';
import { stsUrlOf } from './service-account-of.ts';

/** Why the credentials entered so far must not, or cannot, be used after this change; null where they can. */
export function whyCredentialsEnd(before: CustomDefinition, after: CustomDefinition): string | null {
  if (before.base_url !== after.base_url || isWider(before, after) || tokenPlacesChanged(before, after))
    return `The address of ${after.name} changed: enter the credentials again.`;
  return isSame(enteredNames(before.auth), enteredNames(after.auth))
    ? null
    : `${after.name} authenticates in another way now: enter the credentials again.`;
}

/** The client secret of a sign-in setup goes to these, and with the first of them a person's password. */
export function tokenPlacesChanged(before: CustomDefinition, after: CustomDefinition): boolean {
  return !isSame(tokenPlaces(before.auth), tokenPlaces(after.auth));
}

/** A host less is no new place. */
function isWider(before: CustomDefinition, after: CustomDefinition): boolean {
  return after.allowed_hosts.some((host) => !before.allowed_hosts.includes(host));
}

function tokenPlaces(auth: CustomAuth): unknown[] {
  switch (auth.type) {
    case 'oauth2':
      return [auth.authorize_url, auth.token_url, auth.refresh_url, auth.revoke_url];
    case 'oauth2_client_credentials':
      return [auth.token_url];
    case 'service_account':
      // A signed assertion is good wherever it says it is for.
      return [auth.token_url, auth.audience, stsUrlOf(auth)];
    default:
      return [];
  }
}

function isSame(one: readonly unknown[], other: readonly unknown[]): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
