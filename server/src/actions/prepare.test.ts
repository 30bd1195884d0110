import { expect, test } from 'vitest';
import { find, finder } from '../../test/finder.ts';
import { definitionSchema } from '../catalog/definition.ts';
import { literalCredential } from '../outbound/credential-source.ts';
import { findAction, prepareAction } from './prepare.ts';

const source = literalCredential({ version: 1, apply: (request) => request, secrets: [] });
const definition = definitionSchema.parse({
  ...finder('https://api.finder.example', [{ ...find, methods: ['site', 'app'] }]),
  auth: [
    { type: 'none', id: 'site', label: 'Site key' },
    { type: 'none', id: 'app' },
    { type: 'none', id: 'account', label: 'Account key' },
  ],
});

const prepared = (method: string) => {
  const named = findAction({ get: () => definition }, 'finder', 'find');
  if (named.kind !== 'found') throw new Error(named.message);
  const connection = {
    id: 'con_00000000000000000000000001' as never,
    workspaceId: 'wsp_1' as never,
    integration: 'finder',
    name: 'Finder',
    method,
    fields: {},
    accountId: null,
    status: 'connected' as const,
    creditsLeft: null,
  };
  const deps = { connections: { credentialSource: () => source } };
  return prepareAction(deps, 'wsp_1', named, { kind: 'usable', connection });
};

test('an action that is for other auth methods says which, and nothing is sent', () => {
  expect(prepared('account')).toBe(
    '“Find” takes a connection to Finder by “Site key” or “app”; this one is by “Account key”.',
  );
});

test.each(['site', 'app'])('an action that is for the auth method %s takes its connection', (method) => {
  expect(prepared(method)).toMatchObject({ action: { name: 'find' } });
});
