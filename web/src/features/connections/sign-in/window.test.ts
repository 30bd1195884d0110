import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { isWebAddress, onSignInMessage } from './window.ts';

const ORIGIN = 'https://keyrail.example.com';
const opened = {} as Window;
const page = new EventTarget();
let heard = 0;
let stop: () => void;

beforeEach(() => {
  vi.stubGlobal('location', { origin: ORIGIN });
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page));
  heard = 0;
  stop = onSignInMessage(opened, 'aut_1', () => {
    heard += 1;
  });
});
afterEach(() => {
  stop();
  vi.unstubAllGlobals();
});

const ended = { type: 'keyrail.authorization', id: 'aut_1' };
const say = (message: object) =>
  page.dispatchEvent(
    Object.assign(new Event('message'), { origin: ORIGIN, source: opened, data: ended, ...message }),
  );

test('our own callback page, in the window that was opened, is heard until nobody listens', () => {
  say({});
  expect(heard).toBe(1);
  stop();
  say({});
  expect(heard).toBe(1);
});

test.each([
  ['another origin', { origin: 'https://evil.example' }],
  ['an origin that begins like ours', { origin: `${ORIGIN}.evil.example` }],
  ['no origin', { origin: 'null' }],
  ['another window', { source: {} }],
  ['no window', { source: null }],
  ['another sign-in', { data: { ...ended, id: 'aut_2' } }],
  ['something else', { data: { ...ended, type: 'hello' } }],
  ['nothing', { data: null }],
])('a message of %s is not heard', (_of, message) => {
  say(message);
  expect(heard).toBe(0);
});

test('where no window was opened, none is heard', () => {
  stop();
  stop = onSignInMessage(null, 'aut_1', () => {
    heard += 1;
  });
  say({ source: null });
  expect(heard).toBe(0);
});

test.each(['javascript:alert(1)', 'data:text/html,x', ' https://a.example', 'file:///x', ''])(
  'nobody is sent to %j',
  (address) => {
    expect(isWebAddress(address)).toBe(false);
  },
);
