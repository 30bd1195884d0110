import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { GITHUB_APP } from '../sandbox/service-accounts/github-app.ts';
import { firstPrivateKey } from '../sandbox/service-accounts/key-desk.ts';
import type { Scene } from './scenes.ts';

const app = (slug: string) => `/settings/connections/${slug}`;

/** Accounts of programs, with what the tool itself lists and files that are locked. */
export const accountScenes: Scene[] = [
  {
    name: '56a-listed-empty',
    path: app('github'),
    act: async (page) => {
      await method(page, /GitHub App/);
      await page.getByText('Fill in the others').scrollIntoViewIfNeeded();
    },
  },
  {
    name: '56b-listed',
    path: app('github'),
    act: async (page) => {
      await enterApp(page, firstPrivateKey('github', GITHUB_APP.clientId).privateKey);
      await page.getByLabel('Installation', { exact: true }).selectOption({ index: 1 });
      await page.getByRole('button', { name: 'Ask again' }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: '56c-listed-refused',
    path: app('github'),
    act: async (page) => {
      const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      await enterApp(page, String(privateKey.export({ type: 'pkcs8', format: 'pem' })));
      await page.getByRole('alert').last().scrollIntoViewIfNeeded();
    },
  },
  {
    name: '56d-locked-file',
    path: app('microsoft-azure'),
    act: async (page) => {
      await method(page, /^Certificate/);
      await choose(
        page,
        'Certificate',
        'client.p12',
        readFileSync(new URL('../server/test/key-files/openssl3.p12', import.meta.url)),
      );
      await page
        .getByLabel(/^Passphrase/)
        .first()
        .waitFor();
      await page
        .getByLabel(/^Passphrase/)
        .first()
        .scrollIntoViewIfNeeded();
    },
  },
  {
    name: '56e-role',
    path: app('aws-s3'),
    act: async (page) => {
      await page.getByText('Act in a role').click();
      await page.getByLabel('Role to take on (ARN)').scrollIntoViewIfNeeded();
    },
  },
];

async function method(page: Page, name: RegExp): Promise<void> {
  await page.getByText('How to connect').waitFor();
  await page.getByRole('radio', { name }).click();
}

async function choose(page: Page, label: string, name: string, buffer: Buffer): Promise<void> {
  await page
    .getByLabel(`${label}: file`, { exact: true })
    .setInputFiles({ name, mimeType: 'application/octet-stream', buffer });
}

async function enterApp(page: Page, key: string): Promise<void> {
  await method(page, /GitHub App/);
  await page.getByLabel(/^Client ID/).fill(GITHUB_APP.clientId);
  await choose(page, 'Private key', 'keyrail.private-key.pem', Buffer.from(key));
  await page.getByRole('button', { name: 'Ask again' }).waitFor();
}
