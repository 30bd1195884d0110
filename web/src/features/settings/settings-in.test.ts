import { expect, test } from 'vitest';
import { settingsIn } from './settings-in.ts';

test('a setting that a step names with its value can be copied, without the full stop behind it', () => {
  expect(
    settingsIn(
      'Start it with KEYRAIL_PUBLIC_URL=https://keyrail.example.com. Then KEYRAIL_TRUSTED_PROXIES=10.0.0.1, too.',
    ),
  ).toEqual(['KEYRAIL_PUBLIC_URL=https://keyrail.example.com', 'KEYRAIL_TRUSTED_PROXIES=10.0.0.1']);
  expect(settingsIn('Set KEYRAIL_PUBLIC_URL to the address people use.')).toEqual([]);
  expect(settingsIn(null)).toEqual([]);
});
