import { expect, test } from 'vitest';
import { settingsIn } from './settings-in.ts';

test.each([
  [
    'Start it with KEYRAIL_PUBLIC_URL=https://keyrail.example.com. Then look again.',
    ['KEYRAIL_PUBLIC_URL=https://keyrail.example.com'],
  ],
  ['List them: KEYRAIL_TRUSTED_PROXIES=10.0.0.1,10.0.0.2.', ['KEYRAIL_TRUSTED_PROXIES=10.0.0.1,10.0.0.2']],
  [
    'Open http://127.0.0.1:4400, or set KEYRAIL_PUBLIC_URL to http://localhost:4400 if that is the right one.',
    ['KEYRAIL_PUBLIC_URL=http://localhost:4400'],
  ],
  [
    'Set KEYRAIL_PUBLIC_URL to the address that people open, such as https://keyrail.example.com.',
    ['KEYRAIL_PUBLIC_URL=https://keyrail.example.com'],
  ],
  ['A copy gets an id of its own first: "npm run keyrail -- instance copy".', []],
  ['Get a certificate for the host name in KEYRAIL_PUBLIC_URL, or correct that setting.', []],
  [null, []],
])('what a step names in full can be copied, and nothing else: %j', (step, settings) => {
  expect(settingsIn(step)).toEqual(settings);
});
