import { describe, expect, test } from 'vitest';
import { lackingScopes, limitedActions, missingScopes } from './scopes.ts';
import { finding } from './verdict.ts';

describe('a scope that was asked for', () => {
  test.each([
    ['as it is', 'contacts.read', ['contacts.read']],
    ['in other letters', 'Mail.Read', ['mail.read']],
    ['as a whole address', 'Mail.Read', ['https://graph.microsoft.com/Mail.Read']],
    ['by its last word', 'https://graph.microsoft.com/Mail.Read', ['Mail.Read']],
    ['not listed: it is about the answer', 'openid', ['contacts.read']],
    ['not listed: it asks for a refresh token', 'offline_access', ['contacts.read']],
    ['not listed: it stands for others', 'https://graph.microsoft.com/.default', ['Mail.Read']],
  ])('and is granted %s is no false alarm', (_how, asked, granted) => {
    expect(lackingScopes({ asked: [asked], granted })).toEqual([]);
  });

  test.each([
    ['something else', 'Mail.Read', ['Mail.ReadWrite.Shared']],
    ['of another place', 'https://a.test/Mail.Read', ['https://b.test/Mail.Read']],
    ['whose end is alike', 'Mail.Read', ['https://graph.test/x.Mail.Read']],
  ])('and is granted only %s is lacking', (_what, asked, granted) => {
    expect(lackingScopes({ asked: [asked], granted })).toEqual([asked]);
  });

  test('and of which nothing is said is granted', () => {
    expect(lackingScopes({ asked: ['contacts.read'], granted: null })).toEqual([]);
  });
});

const actions = [
  { name: 'find', label: 'Find contact', scopes: ['contacts.read'] },
  { name: 'send', label: 'Send message', scopes: ['contacts.read', 'messages.write'] },
  { name: 'free', label: 'Ping', scopes: [] },
] as unknown as Parameters<typeof limitedActions>[0]['actions'];

test('actions that will be refused are named, those that need nothing are not', () => {
  expect(limitedActions({ actions }, ['contacts.read'])).toEqual([{ name: 'send', label: 'Send message' }]);
  expect(limitedActions({ actions }, null)).toEqual([]);
});

test('a check that went well says which actions lack what; one that failed says that it failed', () => {
  const access = { asked: ['contacts.read', 'messages.write'], granted: ['contacts.read'] };
  expect(missingScopes(finding('ok'), { actions }, access)).toMatchObject({
    kind: 'missing_permission',
    permission: 'messages.write',
    actions: ['Send message'],
  });
  expect(missingScopes(finding('rejected'), { actions }, access).kind).toBe('rejected');
});
