import { expect, test } from 'vitest';
import { stamped, unstamped } from '../../catalog/files/address-stamp.ts';
import { fixedFields, isForOtherAddress } from '../../catalog/requests/base-url.ts';
import { definitionAt } from '../under-test.ts';
import { fieldsOf } from './authorize.ts';

test('signing in again is for where the file leads now, also where one of ones own led elsewhere before', () => {
  const comesAlong = unstamped(definitionAt('https://api.acme.example'));
  const own = stamped(definitionAt('https://api.elsewhere.example'), comesAlong);
  const wanted = {
    name: null,
    fields: {},
    optionalScopes: [],
    makeDefault: false,
    acceptOtherAccount: false,
  };
  const fieldsAfter = (definition: typeof own, before: Record<string, string>) => {
    const authorization = { wanted, clientId: 'client' };
    const asked = { definition, authorization, minted: { fields: {} }, told: {} };
    return fieldsOf(asked, { fields: { account: 'kept', ...before } }) ?? {};
  };
  const ofOwn = fieldsAfter(own, {});
  expect([isForOtherAddress(own, ofOwn), isForOtherAddress(comesAlong, ofOwn)]).toEqual([false, true]);
  const again = fieldsAfter(comesAlong, fixedFields(own));
  expect(again).toEqual({ account: 'kept' });
  expect(isForOtherAddress(comesAlong, again)).toBe(false);
});
