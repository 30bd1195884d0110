import type { AuthMethod, CredentialField, Integration } from '@keyrail/contract/integrations';
import { expect, test } from 'vitest';
import { askedFor, inOrder, namesItsPlace } from './methods.ts';

const named = (...names: string[]) => names.map((name) => ({ name }) as CredentialField);
const method = { id: 'basic', fields: named('site', 'api_token') } as AuthMethod;
const tool = { connection_fields: named('region'), auth_methods: [method] } as Integration;

test('a reconnect sends back what people are asked for, and nothing the tool itself told', () => {
  const had = { region: 'eu', site: 'acme', cloud_id: '83af1b00' };
  expect(askedFor(tool, method, had)).toEqual({ region: 'eu', site: 'acme' });
  expect(askedFor(tool, undefined, had)).toEqual({ region: 'eu' });
});

test('a key comes first, then a sign-in that is set up, then the rest in the order of the catalog', () => {
  const made = (id: string, kind: string, setUpBy?: string | null) =>
    ({ id, kind, setup: setUpBy === undefined ? null : { set_up_by: setUpBy } }) as AuthMethod;
  const ids = (...methods: AuthMethod[]) => inOrder(methods).map(({ id }) => id);
  const robot = made('robot', 'service_account');
  const key = made('key', 'api_key');
  expect(ids(made('sign-in', 'oauth2', null), robot, key)).toEqual(['key', 'sign-in', 'robot']);
  expect(ids(robot, made('sign-in', 'oauth2', null))).toEqual(['robot', 'sign-in']);
  expect(ids(robot, made('sign-in', 'oauth2', 'operator'))).toEqual(['sign-in', 'robot']);
});

test('a place that says where it is gets no "In …" before it', () => {
  const places = [
    'AWS console > IAM',
    'id.atlassian.com > Security',
    'Telegram > @BotFather',
    'WP admin > Users',
  ];
  expect(places.map((place) => namesItsPlace(place, 'Telegram Bot'))).toEqual([true, true, true, false]);
  const anywhere = ['Settings > API', 'Console > Account', 'Admin Center > Apps', 'Dashboard > API key'];
  expect(anywhere.filter((place) => namesItsPlace(place, 'Hunter.io'))).toEqual([]);
});
