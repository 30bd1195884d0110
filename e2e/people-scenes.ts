import type { Page } from 'playwright-core';
import type { Guests } from './sample-people.ts';
import type { Scene } from './scenes.ts';

const see = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor();
const click = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).first().click();

/** Whoever has a link, and no account. */
export const guestScenes = ({ openLink, usedLink }: Guests): Scene[] => [
  { name: '03-invitation', path: openLink, act: see('Make the account and join') },
  {
    name: '03-invitation-taken',
    path: openLink,
    act: async (page) => {
      await page.getByLabel('Your name').fill('Olive');
      await page.getByLabel('Email').fill('olive@example.com');
      await page.getByLabel('Password', { exact: true }).fill('a-fine-Password-0009');
      await click(page, 'Make the account and join');
      await page.getByRole('alert').waitFor();
    },
  },
  { name: '03-invitation-used', path: usedLink, act: see('was used already') },
];

/** The owner, where people are managed. */
export const memberScenes = ({ openLink }: Guests): Scene[] => [
  { name: '03-invitation-signed-in', path: openLink, act: see('You are signed in as') },
  { name: '45-overview-requests', path: '/', act: see('Requests for connections') },
  { name: '45-members', path: '/settings/members', act: see('Ed Editor') },
  {
    name: '45-members-invite',
    path: '/settings/members',
    act: async (page) => {
      await click(page, 'Invite');
      await page.getByRole('dialog').getByLabel('Who it is for').fill('Nia, from marketing');
    },
  },
  {
    name: '45-members-invite-link',
    path: '/settings/members',
    act: async (page) => {
      await click(page, 'Invite');
      await click(page, 'Make a link');
      await page.getByText('It is not shown again.').waitFor();
    },
  },
  {
    name: '45-members-role',
    path: '/settings/members',
    act: async (page) => {
      await page.getByLabel('Role of Ed Editor').first().click();
      await page.getByRole('option', { name: 'Admin' }).waitFor();
    },
  },
  {
    name: '45-members-remove',
    path: '/settings/members',
    act: async (page) => {
      await click(page, 'Remove Ann Admin');
      await page.getByRole('dialog').getByText('signed in for').waitFor();
    },
  },
  {
    name: '46-audit-filtered',
    path: '/settings/audit?action=member',
    act: see('Joined:'),
  },
  {
    name: '46-audit-nothing',
    path: '/settings/audit?actor=operator&action=run',
    act: see('Nothing of that kind'),
  },
];

/** An editor, who sees the connections and may not change them. */
export const editorScenes: Scene[] = [
  {
    name: '47-editor-connections',
    path: '/settings/connections',
    act: see('You need the Admin or Owner role'),
  },
  {
    name: '47-editor-app',
    path: '/settings/connections/instantly',
    act: see('You need the Admin or Owner role'),
  },
  {
    name: '47-editor-ask',
    path: '/settings/connections/heyreach',
    act: async (page) => {
      await click(page, /^Ask for/);
      await page.getByLabel('What for').fill('To follow up on the spring leads.');
    },
  },
  { name: '47-editor-members', path: '/settings/members', act: see('Owners and admins invite people') },
  { name: '47-editor-audit', path: '/settings/audit', act: see('is for owners and admins') },
  { name: '47-editor-check', path: '/settings/check', act: see('is for owners and admins') },
  { name: '47-editor-general', path: '/settings/general', act: see('Owners and admins can change this') },
];

/** An editor, where the workspace keeps its connections to owners and admins. */
export const hiddenScenes: Scene[] = [
  { name: '48-hidden-connections', path: '/settings/connections', act: see('to owners and admins only') },
  { name: '48-hidden-overview', path: '/', act: see('Recent tables') },
];

/** Somebody who was taken out of their only workspace. */
export const goneScenes: Scene[] = [
  { name: '49-no-workspace', path: '/', act: see('You are in no workspace') },
];
