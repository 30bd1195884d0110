import { verdictKind } from '@keyrail/contract/verdicts';
import { describe, expect, it } from 'vitest';
import { KEY_FILE, SIGN_IN, sentencesFor, type Told } from './verdict-words.ts';

const plain: Told = {
  integration: 'Acme',
  noun: 'key',
  location: 'Settings > API keys',
  moment: 'entering',
  account: null,
  permission: null,
  isWithdrawn: false,
  because: null,
  retryAfterSeconds: null,
  otherAccount: null,
  addressFields: [],
  looksLike: null,
  advice: null,
};
const account = { name: 'jane@acme.example', plan: 'Starter', credits_left: '412 searches' };

/** Every kind in every combination of what may be known. */
const variants = (['entering', 'saved'] as const).flatMap((moment) =>
  ['key', 'sign-in details', KEY_FILE].flatMap((noun) =>
    [null, 'Settings > API keys'].flatMap((location) =>
      [true, false].map((isKnown) => ({
        ...plain,
        moment,
        noun,
        location,
        isWithdrawn: isKnown,
        ...(isKnown && {
          account,
          permission: 'contacts.read',
          because: 'it did not answer in time',
          retryAfterSeconds: 20,
          otherAccount: { before: 'bob@acme.example' },
          addressFields: ['Subdomain', 'Region'],
          looksLike: 'Slack bot token',
        }),
      })),
    ),
  ),
);

describe.each(verdictKind.options)('the sentences of %s', (kind) => {
  it('name the tool, are whole, and say nothing of our code', () => {
    for (const told of variants) {
      const { message, nextStep } = sentencesFor(kind, told);
      const both = `${message} ${nextStep ?? ''}`;
      expect(both).toMatch(/Acme|jane@/);
      expect(both).not.toMatch(
        /undefined|null|probe|verdict|credential|[a-z]_[a-z]| {2}|\(\)|\[|these key|this sign-in|\ba (new )?sign-in/,
      );
      expect(message).toMatch(/^[A-Z]/);
      if (kind !== 'ok') expect(message).toMatch(/\.$/);
      if (nextStep !== null) expect(nextStep).toMatch(/^[A-Z].*\.$/);
    }
  });
});

it('a connection that works is told in one line, as far as it is known', () => {
  const say = (of: Told['account']) => sentencesFor('ok', { ...plain, account: of }).message;
  expect(say(account)).toBe('Connected as jane@acme.example · Starter plan · 412 searches left');
  expect(say({ ...account, plan: 'Pro plan', credits_left: null })).toBe(
    'Connected as jane@acme.example · Pro plan',
  );
  expect(say(null)).toBe('Connected to Acme');
});

it('of a file nobody is told to copy it without spaces', () => {
  const { message, nextStep } = sentencesFor('rejected', { ...plain, noun: KEY_FILE });
  expect(message).toBe('Acme did not accept this key file.');
  expect(nextStep).toBe(
    'Choose it again from Settings > API keys: the whole file, and of this very account.',
  );
});

it('waits are told rounded up, in words', () => {
  const say = (retryAfterSeconds: number) =>
    sentencesFor('rate_limited', { ...plain, retryAfterSeconds }).nextStep;
  expect(say(1)).toBe('Try again in 1 second, or save it anyway and check later.');
  expect(say(100)).toBe('Try again in 2 minutes, or save it anyway and check later.');
  expect(say(7200)).toBe('Try again in 2 hours, or save it anyway and check later.');
});

it('what the catalog says about the very answer comes before our general advice', () => {
  expect(sentencesFor('out_of_credits', { ...plain, advice: 'Renewed on Monday.' }).nextStep).toBe(
    'Renewed on Monday.',
  );
});

it('after a sign-in nobody is told to enter something: signing in again is what helps', () => {
  const say = (kind: 'rejected' | 'expired' | 'missing_permission') =>
    sentencesFor(kind, { ...plain, noun: SIGN_IN, permission: 'contacts.read' });
  expect(say('rejected')).toEqual({
    message: 'Acme did not accept this sign-in.',
    nextStep: 'Sign in at Acme again.',
  });
  expect(say('expired').nextStep).toBe('Sign in at Acme again.');
  expect(say('missing_permission')).toEqual({
    message: 'Connected; some actions not allowed: this sign-in lacks the permission “contacts.read”.',
    nextStep: 'Sign in at Acme again and allow it there.',
  });
});

it('what a key may not do is named where the tool names it; else the place to look is', () => {
  const next = (permission: string | null) =>
    sentencesFor('missing_permission', { ...plain, permission }).nextStep;
  expect(next('contacts.read')).toBe('Allow it at Acme, then check again.');
  expect(next(null)).toBe('See at Acme what this key may do, then check again.');
});
