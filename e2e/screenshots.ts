import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Client, createClient } from '@keyrail/sdk/client';
import { type Browser, chromium, type Page } from 'playwright-core';
import { cookieFetch } from '../sandbox/demo/cookie-fetch.ts';
import { accountScenes } from './account-scenes.ts';
import { customScenes } from './custom-scenes.ts';
import { noticeScenes } from './notice-scenes.ts';
import { editorScenes, goneScenes, guestScenes, hiddenScenes, memberScenes } from './people-scenes.ts';
import { type PictureStage, startPictureStage } from './picture-stage.ts';
import { EDITOR, furnishPeople, GONE, PASSWORD } from './sample-people.ts';
import { furnish } from './sample-workspace.ts';
import { afterScenes, beforeScenes, emptyScenes, type Scene } from './scenes.ts';
import { signInScenes } from './sign-in-scenes.ts';

/**
 * Takes a picture of every page and state, light and dark, wide and at phone width, into e2e/output/:
 * `npm run screenshots [-- PART_OF_A_NAME…]`. Against the real server and the sandbox.
 */
const output = fileURLToPath(new URL('output/', import.meta.url));
const filters = process.argv.slice(2);

const OWNER = {
  name: 'Olive Owner',
  email: 'olive@example.com',
  password: 'a-fine-Password-0001',
  workspace_name: 'Northwind Sales',
};

interface View {
  name: string;
  scheme: 'light' | 'dark';
  width: number;
  height: number;
}

const views: View[] = [
  { name: 'wide-light', scheme: 'light', width: 1440, height: 900 },
  { name: 'wide-dark', scheme: 'dark', width: 1440, height: 900 },
  { name: 'phone-light', scheme: 'light', width: 390, height: 844 },
  { name: 'phone-dark', scheme: 'dark', width: 390, height: 844 },
];

const viewFilters = filters.filter((filter) => views.some((view) => view.name.includes(filter)));
const sceneFilters = filters.filter((filter) => !viewFilters.includes(filter));

mkdirSync(output, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--force-color-profile=srgb'],
});
const stage = await startPictureStage();
process.once('SIGINT', () => void stage.close().then(() => process.exit(1)));
try {
  await takeAll(browser, stage);
} finally {
  await browser.close();
  await stage.close();
}

async function takeAll(chrome: Browser, { server, sandbox }: PictureStage): Promise<void> {
  const link = server.setupLink;
  if (link === null) throw new Error('the server has an owner already');
  await takeScenes(chrome, server.url, beforeScenes(link), []);
  const code = new URL(link).searchParams.get('code') ?? '';
  const fetchWithCookie = cookieFetch();
  let workspace: string | undefined;
  const api = createClient({ baseUrl: server.url, fetch: fetchWithCookie, workspace: () => workspace });
  const session = await api.setup.complete({ code, ...OWNER });
  workspace = session.workspaces[0]?.id;
  const cookies = await signIn(chrome, server.url, OWNER.email, OWNER.password);
  await takeScenes(chrome, server.url, emptyScenes, cookies);
  const places = await furnish(api, fetchWithCookie, sandbox);
  await takeScenes(chrome, server.url, afterScenes(places), cookies);
  await takeScenes(chrome, server.url, signInScenes, cookies);
  await takeScenes(chrome, server.url, noticeScenes, cookies);
  await takeScenes(chrome, server.url, accountScenes, cookies);
  await takeScenes(chrome, server.url, customScenes, cookies);
  await takePeople(chrome, server.url, api, workspace ?? '', cookies);
}

/** What others than the owner see. */
async function takePeople(
  chrome: Browser,
  url: string,
  api: Client,
  workspaceId: string,
  ownersCookies: Cookies,
): Promise<void> {
  const guests = await furnishPeople(api, url, workspaceId);
  const as = (email: string) => signIn(chrome, url, email, PASSWORD);
  await takeScenes(chrome, url, guestScenes(guests), []);
  await takeScenes(chrome, url, memberScenes(guests), ownersCookies);
  await takeScenes(chrome, url, editorScenes, await as(EDITOR));
  await api.workspace.update({ connections_visible_to: 'admins', contact_for_help: '#it-help' });
  await takeScenes(chrome, url, hiddenScenes, await as(EDITOR));
  await takeScenes(chrome, url, goneScenes, await as(GONE));
}

type Cookies = Parameters<Awaited<ReturnType<Browser['newContext']>>['addCookies']>[0];

async function signIn(chrome: Browser, url: string, email: string, password: string): Promise<Cookies> {
  const context = await chrome.newContext({ baseURL: url });
  await context.request.post('/v1/session', { data: { email, password } });
  const cookies = await context.cookies();
  await context.close();
  return cookies;
}

async function takeScenes(chrome: Browser, url: string, scenes: Scene[], cookies: Cookies): Promise<void> {
  const wanted = scenes.filter(isWanted);
  for (const view of wanted.length === 0 ? [] : views.filter(isWantedView)) {
    const context = await chrome.newContext({
      baseURL: url,
      colorScheme: view.scheme,
      viewport: { width: view.width, height: view.height },
      reducedMotion: 'reduce',
      hasTouch: view.width < 500,
    });
    context.setDefaultTimeout(10_000);
    await context.addCookies(cookies);
    for (const scene of wanted) {
      const page = await context.newPage();
      page.on('console', (message) => {
        const isRefusal = /status of 4\d\d/.test(message.text());
        if (message.type() === 'error' && !isRefusal) console.error(`  ${scene.name}: ${message.text()}`);
      });
      page.on('pageerror', (error) => console.error(`  ${scene.name}: ${error.message}`));
      await take(page, scene, view).catch((error: unknown) => {
        process.exitCode = 1;
        console.error(`  ${scene.name}.${view.name}: ${String(error).split('\n').slice(0, 3).join(' ')}`);
      });
      await page.close();
    }
    await context.close();
  }
}

async function take(page: Page, scene: Scene, view: View): Promise<void> {
  await page.goto(scene.path);
  try {
    await scene.act?.(page, view.width < 500);
    await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {});
  } finally {
    await page.screenshot({ path: `${output}${scene.name}.${view.name}.png` });
  }
}

function isWanted(scene: Scene): boolean {
  return sceneFilters.length === 0 || sceneFilters.some((filter) => scene.name.includes(filter));
}

function isWantedView(view: View): boolean {
  return viewFilters.length === 0 || viewFilters.some((filter) => view.name.includes(filter));
}
