import type { AuthMethod, CredentialField, Integration } from '@keyrail/contract/integrations';
import { expect, test } from 'vitest';
import { askedFor } from './methods.ts';

const named = (...names: string[]) => names.map((name) => ({ name }) as CredentialField);
const method = { id: 'basic', fields: named('site', 'api_token') } as AuthMethod;
const tool = { connection_fields: named('region'), auth_methods: [method] } as Integration;

test('a reconnect sends back what people are asked for, and nothing the tool itself told', () => {
  const had = { region: 'eu', site: 'acme', cloud_id: '83af1b00' };
  expect(askedFor(tool, method, had)).toEqual({ region: 'eu', site: 'acme' });
  expect(askedFor(tool, undefined, had)).toEqual({ region: 'eu' });
});
